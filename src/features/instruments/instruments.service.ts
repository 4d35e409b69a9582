import { changesOf } from '../../domain/changes.js';
import { requireCodes } from '../../domain/codes.js';
import { fromDay, fromDayOrNull, toDay } from '../../domain/days.js';
import { checkStanding, standingEvents } from '../../domain/instrument.js';
import { exponentOf } from '../../domain/money.js';
import { checkStateScope } from '../../domain/policy.js';
import { atField, DomainError } from '../../domain/problem.js';
import { checkPeriod } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull } from '../../http/wire.js';
import type { Instrument } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { requireActiveOrganisation } from '../organisations/organisations.store.js';
import { instrumentAnswerOf } from './answer.js';
import type { InstrumentAnswer, InstrumentPatch, InstrumentsQuery, NewInstrument } from './instruments.schema.js';
import { factOf, findInstrument, findInstruments, type InstrumentWithEvents, lockInstrument, nextInstrumentReference } from './instruments.store.js';
import { keptTerms, readTerms, rulesOf } from './terms.js';
import { type InstrumentMechanism } from './terms.schema.js';

export async function listInstruments(context: RequestContext, query: InstrumentsQuery): Promise<Page<InstrumentAnswer>> {
  return mapPage(await findInstruments(context.db, query), (row) => instrumentAnswerOf(row, context.deps.reference.exponents));
}

/** @throws NOT_FOUND also when the actor may not see it */
export async function getInstrument(context: RequestContext, id: string): Promise<InstrumentAnswer> {
  return instrumentAnswerOf(found(await findInstrument(context.db, id)), context.deps.reference.exponents);
}

/**
 * Records a contract or framework.
 * @throws OUT_OF_SCOPE, CODE_UNKNOWN, CODE_REPEATED, PERIOD_REVERSED, ALREADY_MERGED, CURRENCY_UNKNOWN, and those of the terms
 */
export async function createInstrument(context: RequestContext, input: NewInstrument): Promise<InstrumentAnswer> {
  const { db, actor, deps } = context;
  const { mechanism, currency, ...given } = input;
  atField('currency', () => exponentOf(currency, deps.reference.exponents));
  const fields = await checked(context, mechanism, currency, given);
  const id = newId();
  const reference = await nextInstrumentReference(db, fields.startsOn);
  await db.instrument.create({ data: { id, reference, mechanism, currency, ...columnsOf(fields), recordedBy: actor.userId } });
  await recordAudit(context, 'instrument.create', { kind: 'instrument', id }, { before: null, after: { reference, mechanism, currency, ...fields } });
  return getInstrument(context, id);
}

/**
 * Changes an instrument; all that happened to it must still stand under the new terms.
 * @throws STALE, NOT_FOUND, OUT_OF_SCOPE, CODE_UNKNOWN, CODE_REPEATED, PERIOD_REVERSED, ALREADY_MERGED, OUTSIDE_INSTRUMENT,
 * THRESHOLD_NOT_REACHED, RELEASE_NOT_AUTOMATIC, EXCEEDS_INSTRUMENT, and those of the terms
 */
export async function updateInstrument(context: RequestContext, id: string, patch: InstrumentPatch): Promise<InstrumentAnswer> {
  const { db, actor, deps } = context;
  const { exponents } = deps.reference;
  const row = found(await lockInstrument(db, id));
  context.precondition.check(row.version);
  checkStateScope(actor, { countries: row.countries, restricted: false });
  const changes = changesOf(fieldsOf(row), patch);
  if (!changes) return instrumentAnswerOf(row, exponents);
  const mechanism = row.mechanism as InstrumentMechanism;
  const next = await checked(context, mechanism, row.currency, { ...fieldsOf(row), ...changes.after }, id);
  const rules = rulesOf({ ...keptTerms({ mechanism, terms: next.terms }), currency: row.currency, startsOn: next.startsOn, endsOn: next.endsOn }, exponents);
  checkStanding(standingEvents(row.events.map(factOf)), rules, exponents);
  await db.instrument.update({ where: { id }, data: columnsOf(next) });
  await recordAudit(context, 'instrument.update', { kind: 'instrument', id }, changesOf(fieldsOf(row), next) ?? changes);
  return getInstrument(context, id);
}

type Fields = Omit<NewInstrument, 'mechanism' | 'currency'>;

/** The fields with their terms completed, once every rule holds. */
async function checked({ db, actor, deps }: RequestContext, mechanism: InstrumentMechanism, currency: string, fields: Fields, id?: string): Promise<Fields> {
  const { countries, exponents } = deps.reference;
  requireCodes(fields.countries, countries, 'countries', 'countries');
  checkStateScope(actor, { countries: fields.countries, restricted: false });
  checkPeriod(fields.startsOn, fields.endsOn);
  const terms = readTerms(mechanism, fields.terms, currency, exponents);
  for (const name of ['providerId', 'holderId'] as const) {
    const organisationId = fields[name];
    if (organisationId !== null) await requireActiveOrganisation(db, organisationId, name);
  }
  if ('bodyId' in terms) {
    const body = await requireActiveOrganisation(db, terms.bodyId, 'terms.bodyId');
    if (!body.roles.includes('social_protection_body')) throw unknownCode(terms.bodyId, 'organisations (social_protection_body)', 'terms.bodyId');
  }
  if (fields.replicaOfId !== null) {
    const policy = await findInstrument(db, fields.replicaOfId);
    const suits = mechanism === 'insurance_payout' && policy?.mechanism === mechanism && policy.id !== id && policy.replicaOfId === null;
    if (!suits) throw unknownCode(fields.replicaOfId, 'instruments (insurance_payout)', 'replicaOfId');
  }
  return { ...fields, terms: { ...terms } };
}

function unknownCode(code: string, list: string, field: string): DomainError {
  return new DomainError('CODE_UNKNOWN', { code, list }, field);
}

function found(row: InstrumentWithEvents | null): InstrumentWithEvents {
  if (!row) throw new DomainError('NOT_FOUND', { what: 'instrument' });
  return row;
}

function columnsOf({ evidence, startsOn, endsOn, terms, ...fields }: Fields) {
  return {
    ...fields,
    terms: terms as Record<string, string>,
    startsOn: fromDay(startsOn),
    endsOn: fromDayOrNull(endsOn),
    evidenceReference: evidence.reference,
    evidenceLink: evidence.link,
  };
}

function fieldsOf({ nameFr, nameEn, providerId, holderId, countries, startsOn, endsOn, terms, replicaOfId, description, ...row }: Instrument): Fields {
  const evidence = { reference: row.evidenceReference, link: row.evidenceLink };
  return {
    nameFr, nameEn, providerId, holderId, countries, startsOn: toDay(startsOn), endsOn: dayOrNull(endsOn), terms: terms as Fields['terms'], replicaOfId, description, evidence, // prettier-ignore
  };
}
