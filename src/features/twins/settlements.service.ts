import { checkStateScope } from '../../domain/policy.js';
import { convertToReporting } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkFourEyes, checkPositive } from '../../domain/rules.js';
import { compareTold } from '../../domain/twins.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import type { TwinSettlement } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { findInvolved } from '../approvals/approvals.store.js';
import { recordAudit } from '../audit/audit.store.js';
import { loadRateBook } from '../fx/fx.store.js';
import { setAside } from './set-aside.js';
import { differencesAnswerOf, settlementAnswerOf } from './twins.answer.js';
import { type SettlementAnswer, type SettlementInput, settlementSorts, type SettlementsQuery } from './twins.schema.js';
import { findSides, lastSettlements, type LastSettlement, lockSides, settledSources, type TwinSide } from './twins.store.js';

/** The two payments a settlement is about, locked. */
interface Sides {
  readonly donor: TwinSide;
  readonly state: TwinSide;
}

/**
 * Says whether what a donor says it paid and what was entered here are one payment. An imported payment that is the same is set aside,
 * so that the money is counted once; said to be different later, its next import posts it again.
 * @throws FOUR_EYES, STATE_CONFLICT, TWIN_DONORS_DIFFER, AMOUNT_NOT_POSITIVE, OUT_OF_SCOPE, RESTRICTED_NOT_ALLOWED, NOT_FOUND
 */
export async function settleTwin(context: RequestContext, input: SettlementInput): Promise<SettlementAnswer> {
  const { db, deps, actor } = context;
  const { disbursementId, statementId = null, importedId = null, reason } = input;
  await requireSides(context, input);
  await lockSides(db, [disbursementId, ...(importedId === null ? [] : [importedId])], statementId);
  const { donor, state } = await requireSides(context, input);
  checkScope(context, { donor, state });
  const same = input.decision === 'same';
  const settlements = await lastSettlements(db, [state.id], [donor.key]);
  if (same) await checkSame(context, { donor, state }, settlements);
  else checkDifferent({ donor, state }, settlements);
  const { exponents } = deps.reference;
  const differences = differencesAnswerOf(compareTold(await withUsd(context, donor), state).differences, exponents);
  const { id } = await db.twinSettlement.create({
    data: { id: newId(), disbursementId, statementId, importedId, same, differences, reason, settledBy: actor.userId },
  });
  if (same && importedId !== null) await setAside(context, importedId, reason);
  const { decision } = input;
  await recordAudit(context, 'twin.settle', { kind: 'twin', id }, { before: null, after: { disbursementId, statementId, importedId, decision } }, { reason });
  const settled = (await lastSettlements(db, [state.id], [])).find((settlement) => settlement.id === id);
  if (!settled) throw new RangeError('what was settled just now is the last word');
  return settlementAnswerOf(settled, donor.restricted || state.restricted);
}

/** @throws NOT_FOUND also when the actor may not see them, or they are of another kind */
async function requireSides({ db }: RequestContext, { disbursementId, statementId, importedId }: SettlementInput): Promise<Sides> {
  const sides = await findSides(db, { disbursementIds: [disbursementId, ...(importedId === undefined ? [] : [importedId])], statementIds: statementId === undefined ? [] : [statementId] });
  const state = sides.find(({ id, source }) => id === disbursementId && source === 'state');
  if (!state) throw new DomainError('NOT_FOUND', { what: 'disbursement' }, 'disbursementId');
  const sources: readonly string[] = statementId === undefined ? settledSources : ['statement'];
  const donor = sides.find(({ id, source }) => id === (statementId ?? importedId) && sources.includes(source));
  if (donor) return { donor, state };
  throw statementId === undefined ? new DomainError('NOT_FOUND', { what: 'disbursement' }, 'importedId') : new DomainError('NOT_FOUND', { what: 'payment_statement' }, 'statementId');
}

/** All tracked states of both; what a source shares with a state that nobody works for here stands in nobody's way. */
function checkScope({ actor, deps }: RequestContext, { donor, state }: Sides): void {
  const others = donor.countries.filter((code) => deps.reference.memberships.some(({ iso3 }) => iso3 === code));
  checkStateScope(actor, { countries: [...new Set([...state.countries, ...others])], restricted: donor.restricted || state.restricted });
}

const standing = { statement: ['stated'], payment: ['approved', 'received'] } as const;

async function checkSame({ db, actor }: RequestContext, { donor, state }: Sides, settlements: readonly LastSettlement[]): Promise<void> {
  requireStatus(state, standing.payment);
  requireStatus(donor, donor.source === 'statement' ? standing.statement : standing.payment);
  checkPositive(donor.amountMinor, 'importedId');
  if (donor.donorId !== state.donorId) throw new DomainError('TWIN_DONORS_DIFFER');
  const { preparers } = await findInvolved(db, 'disbursement', state.id);
  checkFourEyes(actor.userId, ...preparers, donor.source === 'statement' ? donor.tellerId : null);
  const taken = settlements.some(({ inForce, disbursementId, source, key }) => inForce && (key === donor.key || (disbursementId === state.id && source === donor.source)));
  if (taken) throw new DomainError('STATE_CONFLICT', { found: 'same', allowed: 'different' });
}

function checkDifferent({ donor, state }: Sides, settlements: readonly LastSettlement[]): void {
  const last = settlements.find(({ disbursementId, key }) => disbursementId === state.id && key === donor.key);
  if (last?.same === false) throw new DomainError('STATE_CONFLICT', { found: 'different', allowed: 'same' });
}

function requireStatus({ status }: TwinSide, allowed: readonly string[]): void {
  if (!allowed.includes(status)) throw new DomainError('STATE_CONFLICT', { found: status, allowed: allowed.join(', ') });
}

async function withUsd({ db, deps }: RequestContext, side: TwinSide): Promise<TwinSide> {
  if (side.usdMinor !== null) return side;
  const book = await loadRateBook(db, [side.currency], side.valueDate);
  return { ...side, usdMinor: convertToReporting(side.amountMinor, side.currency, book, deps.reference.exponents).USD?.minor ?? null };
}

/** What was settled, the latest first; also what was said again later. */
export async function listSettlements(context: RequestContext, query: SettlementsQuery): Promise<Page<SettlementAnswer>> {
  const { db } = context;
  const { disbursementId, statementId, importedId } = query;
  const filters = { ...(disbursementId !== undefined && { disbursementId }), ...(statementId !== undefined && { statementId }), ...(importedId !== undefined && { importedId }) };
  const page = await findPage<TwinSettlement>(query, settlementSorts, ({ where, orderBy, take }) => db.twinSettlement.findMany({ where: { AND: [where, filters] }, orderBy, take }));
  const payments = [...new Set(page.items.map((row) => row.disbursementId))];
  const last = await lastSettlements(db, payments, []);
  const inForce = new Set(last.filter((settlement) => settlement.inForce).map(({ id }) => id));
  const restricted = new Set((await db.disbursement.findMany({ where: { id: { in: payments }, commitment: { restricted: true } }, select: { id: true } })).map(({ id }) => id));
  return mapPage(page, (row) => settlementAnswerOf({ ...row, source: '', key: '', inForce: inForce.has(row.id) }, restricted.has(row.disbursementId)));
}
