import { z } from 'zod';
import { momentSchema } from '../../http/wire.js';
import { regionalBrief } from '../briefs/regional-brief.view.js';
import { stateBrief } from '../briefs/state-brief.view.js';
import { planCoverage } from '../coverage/coverage.view.js';
import { regionalView } from '../coverage/regional.view.js';
import { attribution } from '../fund-figures/attribution.view.js';
import { fundStatement } from '../fund-figures/statement.view.js';
import { donorStatement } from '../donor-statement/donor-statement.view.js';
import { ageingView } from '../promise-reports/ageing.view.js';
import { pledgeFulfilment } from '../promise-reports/pledge-fulfilment.view.js';
import { forumFollowUp } from '../mechanism-figures/forum.view.js';
import { mechanisms } from '../mechanism-figures/mechanisms.view.js';
import { commitmentVsDisbursement } from './commitment-vs-disbursement.view.js';
import type { Actor } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { AnyView } from './view.js';

/** Every kind of report; the first is meant when none is named. */
const views = [commitmentVsDisbursement, planCoverage, regionalView, fundStatement, attribution, mechanisms, forumFollowUp, pledgeFulfilment, ageingView, donorStatement, stateBrief, regionalBrief] as const;

/** The view of a kind of report; undefined for an unknown one. */
export function viewOf(kind: string): AnyView | undefined {
  return (views as readonly { readonly kind: string }[]).find((view) => view.kind === kind) as AnyView | undefined;
}

const asOf = momentSchema.optional().describe('What was known at this moment; now when left out. The same moment always gives the same bytes.');
const since = momentSchema.optional().describe('Also explain what changed since this earlier moment, such as that of the issue before.');
const [first, ...others] = views;

/** What can be asked of `POST /v1/reports`: the question of a view, and its moment. */
export const reportBody = z
  .discriminatedUnion('kind', [
    first.question.extend({ kind: z.literal(first.kind).default(first.kind).describe('The report.'), asOf, since }).meta({ id: 'CommitmentVsDisbursementInput' }),
    ...others.map(({ kind, question }: { kind: string; question: z.ZodObject }) => question.extend({ kind: z.literal(kind).describe('The report.'), asOf, since })),
  ])
  .meta({ id: 'ReportInput' }) as z.ZodType<ReportInput>;
/** What was asked: the view's own question, its kind and its moment. */
export interface ReportInput {
  readonly kind: string;
  readonly asOf?: string | undefined;
  readonly since?: string | undefined;
}

/**
 * A question as a certain person may ask it.
 * @throws FORBIDDEN for a kind that is not for their roles, and what the kind itself refuses
 */
export function askedBy(actor: Actor, kind: string, question: object): object {
  const view = viewOf(kind);
  if (view?.roles && !actor.roles.some((role) => view.roles?.includes(role))) throw new DomainError('FORBIDDEN', { roles: view.roles.join(', ') });
  return view?.prepare?.(question, actor) ?? question;
}
