import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { fromDay, fromDayOrNull, toDay } from '../../domain/days.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import { checkPeriod, checkPositive, checkSameCurrency } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull, minorOf, moneyOf } from '../../http/wire.js';
import type { PooledFund } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { asSystem } from '../../platform/tenant.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { refuseImported } from '../flows/flows.store.js';
import { lockFundAccount } from '../fund-book/fund-book.store.js';
import { checkFundOpen, findFund } from '../funds/funds.store.js';
import { findWindow } from '../funds/windows.store.js';
import type { newRoundBody, roundPatchBody, roundQuery, roundSchema } from './rounds.schema.js';
import { findRound, findRounds, lockRound, type RoundRow, type RoundSums, roundSums } from './rounds.store.js';

type RoundWire = z.output<typeof roundSchema>;
type Fields = Omit<z.output<typeof newRoundBody>, 'fundId' | 'windowId' | 'modality'>;

export async function listRounds(context: RequestContext, query: z.output<typeof roundQuery>): Promise<Page<RoundWire>> {
  const page = await findRounds(context.db, query);
  const sums = await roundSums(context.db, page.items.map(({ id }) => id));
  return mapPage(page, (round) => toWire(context, round, sums.get(round.id)));
}

/** @throws NOT_FOUND */
export async function getRound(context: RequestContext, id: string): Promise<RoundWire> {
  return answered(context, found(await findRound(context.db, id)));
}

/**
 * Calls for proposals.
 * @throws FUND_CLOSED, FUND_MIRRORED, CODE_UNKNOWN, DUPLICATE, PERIOD_REVERSED, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function createRound(context: RequestContext, input: z.output<typeof newRoundBody>): Promise<RoundWire> {
  const { db } = context;
  const { fundId, windowId, modality, ...fields } = input;
  const fund = await findFund(db, fundId);
  if (!fund) throw new DomainError('CODE_UNKNOWN', { code: fundId, list: 'pooled-funds' }, 'fundId');
  checkFundOpen(fund, 'fundId');
  if (fund.sourceSystem !== null) throw new DomainError('FUND_MIRRORED', { fund: fund.code, source: fund.sourceSystem.toUpperCase() }, 'fundId');
  if (windowId !== null && !(await findWindow(db, fundId, windowId))) {
    throw new DomainError('CODE_UNKNOWN', { code: windowId, list: `pooled-funds/${fundId}/windows` }, 'windowId');
  }
  const data = { id: newId(), fundId, windowId, modality, ...columnsOf(context, fund, fields) };
  await refuseDuplicate({ code: fields.code }, () => db.allocationRound.create({ data }));
  return keep(context, data.id, 'allocation_round.create', { before: null, after: input });
}

/**
 * Changes a round.
 * @throws STALE, NOT_FOUND, IMPORTED_RECORD, DUPLICATE, PERIOD_REVERSED, CURRENCY_MISMATCH, AMOUNT_*
 * @throws BELOW_AWARDED for a ceiling below what the round has awarded
 */
export async function updateRound(context: RequestContext, id: string, patch: z.output<typeof roundPatchBody>): Promise<RoundWire> {
  const { db } = context;
  const round = await lockForAct(context, id);
  const changes = changesOf(fieldsOf(context, round), patch);
  if (!changes) return answered(context, round);
  const columns = columnsOf(context, round.fund, { ...fieldsOf(context, round), ...changes.after });
  if (changes.after.ceiling) await checkCeiling(context, round, columns.ceilingMinor);
  await refuseDuplicate({ code: columns.code }, () => db.allocationRound.update({ where: { id }, data: columns }));
  return keep(context, id, 'allocation_round.update', changes);
}

/** @throws STALE, NOT_FOUND, IMPORTED_RECORD, STATE_CONFLICT */
export async function closeRound(context: RequestContext, id: string): Promise<RoundWire> {
  const round = await lockForAct(context, id);
  return setStatus(context, round, 'closed', 'allocation_round.close');
}

/** @throws STALE, NOT_FOUND, IMPORTED_RECORD, STATE_CONFLICT, FUND_CLOSED */
export async function reopenRound(context: RequestContext, id: string): Promise<RoundWire> {
  const round = await lockForAct(context, id);
  checkFundOpen(round.fund);
  return setStatus(context, round, 'open', 'allocation_round.reopen');
}

async function setStatus(context: RequestContext, { id, status: before }: RoundRow, status: RoundRow['status'], action: string): Promise<RoundWire> {
  if (before === status) throw new DomainError('STATE_CONFLICT', { found: before, allowed: status === 'open' ? 'closed' : 'open' });
  await context.db.allocationRound.update({ where: { id }, data: { status } });
  return keep(context, id, action, { before: { status: before }, after: { status } });
}

async function lockForAct(context: RequestContext, id: string): Promise<RoundRow> {
  const round = found(await lockRound(context.db, id));
  context.precondition.check(round.version);
  refuseImported(round);
  return round;
}

/** The account is held, so that nothing is awarded meanwhile. */
async function checkCeiling({ db, deps }: RequestContext, { id, fund }: RoundRow, ceilingMinor: bigint | null): Promise<void> {
  await asSystem(db, () => lockFundAccount(db, fund.id));
  const { awardedMinor } = (await roundSums(db, [id])).get(id) ?? noSums;
  if (ceilingMinor === null || awardedMinor <= ceilingMinor) return;
  const text = (minor: bigint) => formatMinor(minor, exponentOf(fund.currency, deps.reference.exponents));
  throw new DomainError('BELOW_AWARDED', { awarded: text(awardedMinor), found: text(ceilingMinor), currency: fund.currency }, 'ceiling');
}

function columnsOf({ deps }: RequestContext, { currency }: PooledFund, { ceiling, ...fields }: Fields) {
  const { opensOn, closesOn } = fields;
  checkPeriod(opensOn, closesOn, 'closesOn');
  const ceilingMinor = ceiling && minorOf(ceiling, deps.reference.exponents, 'ceiling');
  if (ceiling && ceilingMinor !== null) {
    checkSameCurrency(ceiling.currency, currency, 'ceiling.currency');
    checkPositive(ceilingMinor, 'ceiling.amount');
  }
  return { ...fields, opensOn: fromDay(opensOn), closesOn: fromDayOrNull(closesOn), ceilingMinor };
}

async function keep(context: RequestContext, id: string, action: string, detail: object): Promise<RoundWire> {
  await recordAudit(context, action, { kind: 'allocation_round', id }, detail);
  return answered(context, found(await findRound(context.db, id)));
}

function found(round: RoundRow | null): RoundRow {
  if (!round) throw new DomainError('NOT_FOUND', { what: 'allocation_round' });
  return round;
}

function fieldsOf({ deps }: RequestContext, { code, nameFr, nameEn, ceilingMinor, opensOn, closesOn, fund }: RoundRow): Fields {
  const ceiling = ceilingMinor === null ? null : moneyOf(ceilingMinor, fund.currency, deps.reference.exponents);
  return { code, nameFr, nameEn, ceiling, opensOn: toDay(opensOn), closesOn: dayOrNull(closesOn) };
}

async function answered(context: RequestContext, round: RoundRow): Promise<RoundWire> {
  return toWire(context, round, (await roundSums(context.db, [round.id])).get(round.id));
}

const noSums: RoundSums = { askedMinor: 0n, awardedMinor: 0n };

function toWire(context: RequestContext, round: RoundRow, { askedMinor, awardedMinor }: RoundSums = noSums): RoundWire {
  const { id, fundId, windowId, modality, status, ceilingMinor, sourceSystem, externalId, version } = round;
  const money = (minor: bigint) => moneyOf(minor, round.fund.currency, context.deps.reference.exponents);
  return {
    id,
    fundId,
    windowId,
    modality,
    ...fieldsOf(context, round),
    status,
    asked: money(askedMinor),
    awarded: money(awardedMinor),
    left: ceilingMinor === null ? null : money(ceilingMinor - awardedMinor),
    source: sourceSystem === null ? null : { system: sourceSystem, externalId: externalId ?? '' },
    recordedAt: round.createdAt.toISOString(),
    version,
  };
}
