import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { fromDayOrNull } from '../../domain/days.js';
import { checkWithinFund } from '../../domain/fund-window.js';
import { DomainError } from '../../domain/problem.js';
import { checkPeriod, checkPositive, checkSameCurrency } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull, minorOf, moneyOf } from '../../http/wire.js';
import type { FundWindow, PooledFund } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { checkFundOpen, findFund, lockFund } from './funds.store.js';
import type { newWindowBody, windowPatchBody, windowQuery, windowSchema } from './windows.schema.js';
import { findEnvelope, findWindow, findWindows, isWindowUsed, lockWindow } from './windows.store.js';

type WindowWire = z.output<typeof windowSchema>;
type Fields = z.output<typeof newWindowBody>;

/** @throws NOT_FOUND */
export async function listWindows(context: RequestContext, fundId: string, query: z.output<typeof windowQuery>): Promise<Page<WindowWire>> {
  const fund = found(await findFund(context.db, fundId), 'pooled_fund');
  return mapPage(await findWindows(context.db, fundId, query), (window) => toWire(context, fund, window));
}

/** @throws NOT_FOUND */
export async function getWindow(context: RequestContext, fundId: string, id: string): Promise<WindowWire> {
  const fund = found(await findFund(context.db, fundId), 'pooled_fund');
  return toWire(context, fund, found(await findWindow(context.db, fundId, id), 'fund_window'));
}

/**
 * Opens a window of a fund, or its envelope for one country. The fund is locked, so that one country never gets two.
 * @throws NOT_FOUND, FUND_CLOSED, DUPLICATE, OUTSIDE_FUND, PERIOD_REVERSED, CURRENCY_MISMATCH, AMOUNT_*
 */
export async function createWindow(context: RequestContext, fundId: string, fields: Fields): Promise<WindowWire> {
  const { db } = context;
  const fund = found(await lockFund(db, fundId), 'pooled_fund');
  checkFundOpen(fund);
  const columns = await columnsOf(context, fund, fields, null);
  const window = await refuseDuplicate({ code: fields.code }, () => db.fundWindow.create({ data: { id: newId(), fundId, ...columns } }));
  await recordAudit(context, 'fund_window.create', { kind: 'fund_window', id: window.id }, { before: null, after: { fundId, ...fields } });
  return toWire(context, fund, window);
}

/**
 * Changes a window; what was promised to it stays as it was taken.
 * @throws STALE, and those of createWindow
 * @throws CODE_IN_USE for another state when something was promised to the window
 */
export async function updateWindow(context: RequestContext, fundId: string, id: string, patch: z.output<typeof windowPatchBody>): Promise<WindowWire> {
  const { db, precondition } = context;
  const fund = found(await lockFund(db, fundId), 'pooled_fund');
  const window = found(await lockWindow(db, fundId, id), 'fund_window');
  precondition.check(window.version);
  const current = fieldsOf(context, fund, window);
  const changes = changesOf(current, patch);
  if (!changes) return toWire(context, fund, window);
  checkFundOpen(fund);
  if (changes.after.country !== undefined && (await isWindowUsed(db, id))) throw new DomainError('CODE_IN_USE', { code: window.code }, 'country');
  const columns = await columnsOf(context, fund, { ...current, ...changes.after }, id);
  const updated = await refuseDuplicate({ code: columns.code }, () => db.fundWindow.update({ where: { id }, data: columns }));
  await recordAudit(context, 'fund_window.update', { kind: 'fund_window', id }, changes);
  return toWire(context, fund, updated);
}

/** The columns of what is said, once it holds; `id` is that of the window that is changed. */
async function columnsOf({ db, deps }: RequestContext, fund: PooledFund, { minimum, ...fields }: Fields, id: string | null) {
  const { country, opensOn, closesOn } = fields;
  checkPeriod(opensOn, closesOn, 'closesOn');
  if (country !== null) {
    checkWithinFund([country], fund.countries, 'country');
    const envelope = await findEnvelope(db, fund.id, country);
    if (envelope && envelope.id !== id) throw new DomainError('DUPLICATE', { field: 'country', value: country }, 'country');
  }
  const minimumMinor = minimum && minorOf(minimum, deps.reference.exponents, 'minimum');
  if (minimum && minimumMinor !== null) {
    checkSameCurrency(minimum.currency, fund.currency, 'minimum.currency');
    checkPositive(minimumMinor, 'minimum.amount');
  }
  return { ...fields, opensOn: fromDayOrNull(opensOn), closesOn: fromDayOrNull(closesOn), minimumMinor };
}

function found<T>(row: T | null, what: 'pooled_fund' | 'fund_window'): T {
  if (!row) throw new DomainError('NOT_FOUND', { what });
  return row;
}

function fieldsOf({ deps }: RequestContext, { currency }: PooledFund, window: FundWindow): Fields {
  const { code, nameFr, nameEn, country, opensOn, closesOn, minimumMinor } = window;
  const minimum = minimumMinor === null ? null : moneyOf(minimumMinor, currency, deps.reference.exponents);
  return { code, nameFr, nameEn, country, opensOn: dayOrNull(opensOn), closesOn: dayOrNull(closesOn), minimum };
}

function toWire(context: RequestContext, fund: PooledFund, window: FundWindow): WindowWire {
  return { id: window.id, fundId: fund.id, ...fieldsOf(context, fund, window), recordedAt: window.createdAt.toISOString(), version: window.version };
}
