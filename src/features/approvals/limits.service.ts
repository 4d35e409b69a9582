import { requireCode } from '../../domain/codes.js';
import { DomainError } from '../../domain/problem.js';
import { checkSameCurrency } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, idColumn, mapPage, type Page } from '../../http/paging.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { ApprovalLimit, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import type { LimitAnswer, LimitInput, LimitsQuery } from './limits.schema.js';

/**
 * Sets, or removes, the amount above which two approvers are needed. What waits is decided under it from now on.
 * @throws CODE_UNKNOWN, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function setLimit(context: RequestContext, { state, amount, reason }: LimitInput): Promise<LimitAnswer> {
  const { db, deps, actor } = context;
  if (state !== null) requireCode(state, deps.reference.countries, 'countries', 'state');
  const usdMinor = amount && minorOf(amount, deps.reference.exponents);
  if (amount) checkSameCurrency(amount.currency, 'USD');
  if (usdMinor !== null && usdMinor < 0n) throw new DomainError('AMOUNT_NOT_POSITIVE', {}, 'amount.amount');
  const before = await db.approvalLimit.findFirst({ where: { state }, orderBy: { seq: 'desc' } });
  const row = await db.approvalLimit.create({ data: { id: newId(), state, usdMinor, reason, setBy: actor.userId } });
  const detail = { state, before: before?.usdMinor ?? null, after: usdMinor };
  await recordAudit(context, 'approval_limit.set', { kind: 'approval_limit', id: row.id }, detail, { reason });
  return answerOf(context, row, new Set([row.id]));
}

/** Every limit there was, the latest first. */
export async function listLimits(context: RequestContext, query: LimitsQuery): Promise<Page<LimitAnswer>> {
  const where = query.state === undefined ? {} : { state: query.state };
  const page = await findPage<ApprovalLimit>({ ...query, sort: '-id' }, { id: idColumn<ApprovalLimit>() }, (asked) =>
    context.db.approvalLimit.findMany({ ...asked, where: { AND: [asked.where, where] } }),
  );
  const current = await currentIds(context.db);
  return mapPage(page, (row) => answerOf(context, row, current));
}

async function currentIds(db: Tx): Promise<ReadonlySet<string>> {
  const latest = await db.approvalLimit.findMany({ distinct: ['state'], orderBy: { seq: 'desc' }, select: { id: true } });
  return new Set(latest.map(({ id }) => id));
}

function answerOf({ deps }: RequestContext, row: ApprovalLimit, current: ReadonlySet<string>): LimitAnswer {
  const { id, state, usdMinor, reason, setBy, setAt } = row;
  const amount = usdMinor === null ? null : moneyOf(usdMinor, 'USD', deps.reference.exponents);
  return { id, state, amount, reason, setBy, setAt: setAt.toISOString(), current: current.has(id) };
}
