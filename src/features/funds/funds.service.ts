import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { checkWithinFund } from '../../domain/fund-window.js';
import { exponentOf } from '../../domain/money.js';
import { atField, DomainError } from '../../domain/problem.js';
import { formatShare, shareUnits } from '../../domain/splits.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { moneyOf } from '../../http/wire.js';
import type { FundAccount, PooledFund } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import type { fundPatchBody, fundQuery, fundSchema, newFundBody } from './funds.schema.js';
import { findAccounts, findFund, findFunds, isCurrencyInUse, lockFund } from './funds.store.js';
import { envelopeStates } from './windows.store.js';

type FundWire = z.output<typeof fundSchema>;
type Fields = z.output<typeof newFundBody>;

export async function listFunds(context: RequestContext, query: z.output<typeof fundQuery>): Promise<Page<FundWire>> {
  const page = await findFunds(context.db, query);
  const accounts = await findAccounts(context.db, page.items.map(({ id }) => id));
  return mapPage(page, (fund) => toWire(context, fund, accounts.get(fund.id)));
}

/** @throws NOT_FOUND */
export async function getFund(context: RequestContext, id: string): Promise<FundWire> {
  return answered(context, found(await findFund(context.db, id)));
}

/**
 * Records a pooled fund.
 * @throws DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_UNKNOWN, ALREADY_MERGED
 */
export async function createFund(context: RequestContext, fields: Fields): Promise<FundWire> {
  checkFields(context, fields);
  await checkAdministrator(context, fields.administratorId);
  const fund = await refuseDuplicate({ code: fields.code }, () => context.db.pooledFund.create({ data: { id: newId(), ...columnsOf(fields) } }));
  return keep(context, fund, 'pooled_fund.create', { before: null, after: fields });
}

/**
 * Changes a pooled fund.
 * @throws STALE, NOT_FOUND, DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_UNKNOWN, ALREADY_MERGED
 * @throws CURRENCY_IN_USE for another currency when amounts are kept in the present one
 * @throws OUTSIDE_FUND without a state for which the fund has an envelope
 */
export async function updateFund(context: RequestContext, id: string, patch: z.output<typeof fundPatchBody>): Promise<FundWire> {
  const fund = found(await lockFund(context.db, id));
  context.precondition.check(fund.version);
  const changes = changesOf(fieldsOf(fund), patch);
  if (!changes) return answered(context, fund);
  const next = { ...fieldsOf(fund), ...changes.after };
  checkFields(context, next);
  await checkAdministrator(context, changes.after.administratorId ?? null);
  if (changes.after.currency !== undefined && (await isCurrencyInUse(context.db, id))) throw new DomainError('CURRENCY_IN_USE', { currency: fund.currency }, 'currency');
  if (changes.after.countries !== undefined) checkWithinFund(await envelopeStates(context.db, id), next.countries, 'countries');
  const updated = await refuseDuplicate({ code: next.code }, () => context.db.pooledFund.update({ where: { id }, data: columnsOf(next) }));
  return keep(context, updated, 'pooled_fund.update', changes);
}

async function keep(context: RequestContext, fund: PooledFund, action: string, detail: object): Promise<FundWire> {
  const { id, code, nameFr, nameEn } = fund;
  await recordRevision(context.db, 'pooled_fund', id, { code, nameFr, nameEn }, context.actor.userId);
  await recordAudit(context, action, { kind: 'pooled_fund', id }, detail);
  return answered(context, fund);
}

function checkFields({ deps: { reference } }: RequestContext, { currency, countries }: Fields): void {
  atField('currency', () => exponentOf(currency, reference.exponents));
  requireCodes(countries, reference.countries, 'countries', 'countries');
}

async function checkAdministrator({ db }: RequestContext, administratorId: string | null): Promise<void> {
  if (administratorId !== null) await requireActiveOrganisation(db, administratorId, 'administratorId');
}

function found(fund: PooledFund | null): PooledFund {
  if (!fund) throw new DomainError('NOT_FOUND', { what: 'pooled_fund' });
  return fund;
}

function columnsOf({ feeShare, ...fields }: Fields) {
  return { ...fields, feeUnits: Number(shareUnits(feeShare)) };
}

function fieldsOf({ code, nameFr, nameEn, administratorId, currency, countries, feeUnits }: PooledFund): Fields {
  return { code, nameFr, nameEn, administratorId, currency, countries, feeShare: formatShare(BigInt(feeUnits)) };
}

async function answered(context: RequestContext, fund: PooledFund): Promise<FundWire> {
  return toWire(context, fund, (await findAccounts(context.db, [fund.id])).get(fund.id));
}

function toWire(context: RequestContext, fund: PooledFund, account: FundAccount | undefined): FundWire {
  const { status, sourceSystem, externalId } = fund;
  const source = sourceSystem === null ? null : { system: sourceSystem, externalId: externalId ?? '' };
  const recordedAt = fund.createdAt.toISOString();
  return { id: fund.id, ...fieldsOf(fund), status, source, account: account ? accountOf(context, fund, account) : null, recordedAt, version: fund.version };
}

function accountOf({ deps }: RequestContext, { currency }: PooledFund, { incomeMinor, allocatedMinor }: FundAccount): FundWire['account'] {
  const money = (minor: bigint) => moneyOf(minor, currency, deps.reference.exponents);
  return { income: money(incomeMinor), allocated: money(allocatedMinor), available: money(incomeMinor - allocatedMinor) };
}
