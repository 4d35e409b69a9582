import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { exponentOf } from '../../domain/money.js';
import { atField, DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import type { PooledFund } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import type { fundPatchBody, fundQuery, fundSchema, newFundBody } from './funds.schema.js';
import { findFund, findFunds, lockFund } from './funds.store.js';

type FundWire = z.output<typeof fundSchema>;
type Fields = z.output<typeof newFundBody>;

export async function listFunds({ db }: RequestContext, query: z.output<typeof fundQuery>): Promise<Page<FundWire>> {
  return mapPage(await findFunds(db, query), toWire);
}

/** @throws NOT_FOUND */
export async function getFund({ db }: RequestContext, id: string): Promise<FundWire> {
  return toWire(found(await findFund(db, id)));
}

/**
 * Records a pooled fund.
 * @throws DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_UNKNOWN, ALREADY_MERGED
 */
export async function createFund(context: RequestContext, fields: Fields): Promise<FundWire> {
  checkFields(context, fields);
  await checkAdministrator(context, fields.administratorId);
  const fund = await refuseDuplicate({ code: fields.code }, () => context.db.pooledFund.create({ data: { id: newId(), ...fields } }));
  return keep(context, fund, 'pooled_fund.create', { before: null, after: fields });
}

/**
 * Changes a pooled fund.
 * @throws STALE, NOT_FOUND, DUPLICATE, CODE_UNKNOWN, CODE_REPEATED, CURRENCY_UNKNOWN, ALREADY_MERGED
 */
export async function updateFund(context: RequestContext, id: string, patch: z.output<typeof fundPatchBody>): Promise<FundWire> {
  const fund = found(await lockFund(context.db, id));
  context.precondition.check(fund.version);
  const changes = changesOf(fieldsOf(fund), patch);
  if (!changes) return toWire(fund);
  const next = { ...fieldsOf(fund), ...changes.after };
  checkFields(context, next);
  await checkAdministrator(context, changes.after.administratorId ?? null);
  const updated = await refuseDuplicate({ code: next.code }, () => context.db.pooledFund.update({ where: { id }, data: next }));
  return keep(context, updated, 'pooled_fund.update', changes);
}

async function keep(context: RequestContext, fund: PooledFund, action: string, detail: object): Promise<FundWire> {
  const { id, code, nameFr, nameEn } = fund;
  await recordRevision(context.db, 'pooled_fund', id, { code, nameFr, nameEn }, context.actor.userId);
  await recordAudit(context, action, { kind: 'pooled_fund', id }, detail);
  return toWire(fund);
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

function fieldsOf({ code, nameFr, nameEn, administratorId, currency, countries }: PooledFund): Fields {
  return { code, nameFr, nameEn, administratorId, currency, countries };
}

function toWire(fund: PooledFund): FundWire {
  return { id: fund.id, ...fieldsOf(fund), recordedAt: fund.createdAt.toISOString(), version: fund.version };
}
