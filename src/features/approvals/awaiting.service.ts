import type { RequestContext } from '../../http/endpoint.js';
import { moneyOf } from '../../http/wire.js';
import type { ApprovedKind } from '../../platform/db.js';
import { operationUsd } from '../fund-operations/operation-usd.js';
import type { AwaitingAnswer, AwaitingQuery, ApprovalsAnswer } from './approvals.schema.js';
import { reversalUsd } from './approvals.store.js';
import { type AwaitingRow, findAwaiting } from './awaiting.store.js';
import { approvalsOf } from './decision.js';
import { amendmentUsd, usdOf } from './usd-value.js';

/** What the actor may approve now, by the own right or an absent approver's: nothing they prepared, changed, handed in or approved. */
export async function listAwaiting(context: RequestContext, query: AwaitingQuery): Promise<AwaitingAnswer> {
  const { exponents } = context.deps.reference;
  const { count, items, nextCursor } = await findAwaiting(context.db, context.actor, query);
  const approvals = await approvalsByKind(context, items);
  const answers = items.map((row) => ({
    kind: row.kind,
    ...(row.operation !== null && { operation: row.operation }),
    id: row.id,
    reference: row.reference,
    amount: row.currency === null ? null : moneyOf(BigInt(row.amount_minor ?? 0), row.currency, exponents),
    states: [...row.countries],
    preparedBy: row.prepared_by,
    preparedAt: new Date(row.prepared_at).toISOString(),
    ...approvals(row),
    onBehalfOf: row.on_behalf_of,
    version: row.version,
  }));
  return { items: answers, nextCursor, count };
}

/** Opening a month again takes one approver. */
const ofMonth: ApprovalsAnswer = { approvals: [], approvalsNeeded: 1 };

async function approvalsByKind(context: RequestContext, rows: readonly AwaitingRow[]): Promise<(row: AwaitingRow) => ApprovalsAnswer> {
  const of = (kind: ApprovedKind) =>
    approvalsOf(
      context.db,
      kind,
      rows.filter((row) => row.kind === kind).map((row) => ({ id: row.id, countries: row.countries, pending: true, usdMinor: () => usdMinorOf(context, row) })),
    );
  const [disbursement, amendment, reversal, fund_operation] = [await of('disbursement'), await of('amendment'), await of('reversal'), await of('fund_operation')];
  return ({ kind, id }) => ({ disbursement, amendment, reversal, fund_operation, period_reopening: () => ofMonth })[kind](id);
}

async function usdMinorOf({ db, deps }: RequestContext, row: AwaitingRow): Promise<bigint | null> {
  const { exponents } = deps.reference;
  if (row.kind === 'fund_operation') return operationUsd(db, await db.fundOperation.findUniqueOrThrow({ where: { id: row.id } }), exponents);
  if (row.stage !== null && row.target_id !== null) return reversalUsd(db, row.stage, row.target_id);
  const { amount_minor: minor, currency, value_date: valueDate, commitment_id: commitmentId } = row;
  if (minor === null || currency === null || valueDate === null || commitmentId === null) return null;
  const money = { minor: BigInt(minor), currency };
  return row.kind === 'amendment' ? amendmentUsd(db, { commitmentId, delta: money, valueDate }, exponents) : usdOf(db, money, valueDate, exponents);
}
