import { type Day, toDay } from '../../domain/days.js';
import type { RequestContext } from '../../http/endpoint.js';
import { moneyOf, type SplitsWire } from '../../http/wire.js';
import type { FundOperation } from '../../platform/db.js';
import type { ApprovalsAnswer } from '../approvals/approvals.schema.js';
import { approvalsOf } from '../approvals/decision.js';
import { type AllocationFigures, allocationFigures, lateOperations } from './fund-operations.store.js';
import type { OperationAnswer } from './fund-operations.schema.js';
import { operationUsd } from './operation-usd.js';

/** What other tables say of an operation. */
interface Around {
  readonly approvals: ApprovalsAnswer;
  readonly figures: AllocationFigures | undefined;
  /** Where its month was closed. */
  readonly bookedOn: Day | undefined;
  /** The currency of the fund that receives. */
  readonly otherCurrency: string | undefined;
}

/** Operations as they are answered, in the same order. */
export async function operationAnswers(context: RequestContext, rows: readonly FundOperation[]): Promise<readonly OperationAnswer[]> {
  const { db, deps } = context;
  const late = await lateOperations(db, rows.map(({ id }) => id));
  const figures = await allocationFigures(db, rows.filter(({ kind }) => kind === 'allocation').map(({ id }) => id));
  const others = await db.pooledFund.findMany({ where: { id: { in: rows.flatMap(({ toFundId }) => toFundId ?? []) } }, select: { id: true, currency: true } });
  const approvals = await approvalsOf(
    db,
    'fund_operation',
    rows
      .filter(({ sourceSystem }) => sourceSystem === null)
      .map((row) => ({ id: row.id, countries: row.countries, pending: row.status === 'submitted', usdMinor: () => operationUsd(db, row, deps.reference.exponents) })),
  );
  return rows.map((row) =>
    answerOf(context, row, {
      approvals: approvals(row.id),
      figures: figures.get(row.id),
      bookedOn: late.get(row.id),
      otherCurrency: others.find(({ id }) => id === row.toFundId)?.currency,
    }),
  );
}

/** One operation as it is answered. */
export async function operationAnswerOf(context: RequestContext, row: FundOperation): Promise<OperationAnswer> {
  const [answer] = await operationAnswers(context, [row]);
  if (!answer) throw new RangeError('one row has one answer');
  return answer;
}

function answerOf({ deps }: RequestContext, row: FundOperation, { approvals, figures, bookedOn, otherCurrency }: Around): OperationAnswer {
  const money = (minor: bigint, currency = row.currency) => moneyOf(minor, currency, deps.reference.exponents);
  const account = (of: AllocationFigures) => ({
    allocated: money(of.allocated),
    transferred: money(of.transferred),
    returned: money(of.returned),
    spent: money(of.spent),
    left: money(of.allocated - of.transferred + of.returned),
  });
  return {
    id: row.id,
    reference: row.reference,
    kind: row.kind,
    fundId: row.fundId,
    amount: row.kind === 'closure' || row.kind === 'reversal' ? null : money(row.amountMinor),
    valueDate: toDay(row.valueDate),
    bookedOn: bookedOn ?? null,
    description: row.description,
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    roundId: row.roundId,
    proposalId: row.proposalId,
    allocationId: row.allocationId,
    partnerId: row.kind === 'donor_refund' ? null : row.partnerId,
    donorId: row.kind === 'donor_refund' ? row.partnerId : null,
    toFundId: row.toFundId,
    received: row.receivedMinor === null ? null : money(row.receivedMinor, otherCurrency),
    undoesId: row.undoesId,
    splits: row.splits as SplitsWire,
    countries: row.countries,
    status: row.status,
    preparedBy: row.preparedBy,
    preparedAt: row.preparedAt.toISOString(),
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    decisionReason: row.decisionReason,
    ...approvals,
    account: figures ? account(figures) : null,
    source: row.sourceSystem === null ? null : { system: row.sourceSystem, externalId: row.externalId ?? '' },
    version: row.version,
  };
}
