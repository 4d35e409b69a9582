import { auditEndpoints } from './features/audit/audit.routes.js';
import { approvalEndpoints } from './features/approvals/approvals.routes.js';
import { authEndpoints } from './features/auth/auth.routes.js';
import { ownAccountEndpoints } from './features/auth/own-account.routes.js';
import { commitmentEndpoints } from './features/commitments/commitments.routes.js';
import { delegationEndpoints } from './features/delegations/delegations.routes.js';
import { deliveryEndpoints } from './features/deliveries/deliveries.routes.js';
import { disbursementEndpoints } from './features/disbursements/disbursements.routes.js';
import { eventEndpoints } from './features/events/events.routes.js';
import { evidenceEndpoints } from './features/evidence/evidence.routes.js';
import { fundFigureEndpoints } from './features/fund-figures/fund-figures.routes.js';
import { fundOperationEndpoints } from './features/fund-operations/fund-operations.routes.js';
import { fundEndpoints } from './features/funds/funds.routes.js';
import { windowEndpoints } from './features/funds/windows.routes.js';
import { fxEndpoints } from './features/fx/fx.routes.js';
import { importEndpoints } from './features/imports/imports.routes.js';
import { instrumentEndpoints } from './features/instruments/instruments.routes.js';
import { journalEndpoints } from './features/journal/journal.routes.js';
import { mechanismFigureEndpoints } from './features/mechanism-figures/mechanism-figures.routes.js';
import { organisationEndpoints } from './features/organisations/organisations.routes.js';
import { periodEndpoints } from './features/periods/periods.routes.js';
import { coverageEndpoints } from './features/coverage/coverage.routes.js';
import { planEndpoints } from './features/plans/plans.routes.js';
import { pledgeEndpoints } from './features/pledges/pledges.routes.js';
import { referenceEndpoints } from './features/reference/reference.routes.js';
import { reportEndpoints } from './features/reports/reports.routes.js';
import { scheduleEndpoints } from './features/schedules/schedules.routes.js';
import { reversalEndpoints } from './features/reversals/reversals.routes.js';
import { proposalEndpoints } from './features/rounds/proposals.routes.js';
import { roundEndpoints } from './features/rounds/rounds.routes.js';
import { twinEndpoints } from './features/twins/twins.routes.js';
import { userEndpoints } from './features/users/users.routes.js';
import { verificationEndpoints } from './features/verification/verification.routes.js';
import { watchEndpoints } from './features/watch/watch.routes.js';
import { webhookEndpoints } from './features/webhooks/webhooks.routes.js';
import type { Endpoint } from './http/endpoint.js';

/** Every endpoint of the API, in the order of the documentation. */
export const endpoints: readonly Endpoint[] = [
  ...authEndpoints,
  ...ownAccountEndpoints,
  ...pledgeEndpoints,
  ...commitmentEndpoints,
  ...disbursementEndpoints,
  ...reversalEndpoints,
  ...twinEndpoints,
  ...approvalEndpoints,
  ...delegationEndpoints,
  ...evidenceEndpoints,
  ...reportEndpoints,
  ...verificationEndpoints,
  ...deliveryEndpoints,
  ...webhookEndpoints,
  ...scheduleEndpoints,
  ...watchEndpoints,
  ...journalEndpoints,
  ...periodEndpoints,
  ...importEndpoints,
  ...organisationEndpoints,
  ...fundEndpoints,
  ...fundOperationEndpoints,
  ...windowEndpoints,
  ...roundEndpoints,
  ...proposalEndpoints,
  ...fundFigureEndpoints,
  ...planEndpoints,
  ...coverageEndpoints,
  ...eventEndpoints,
  ...instrumentEndpoints,
  ...mechanismFigureEndpoints,
  ...fxEndpoints,
  ...referenceEndpoints,
  ...userEndpoints,
  ...auditEndpoints,
];
