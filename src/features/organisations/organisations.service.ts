import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { requireCode, requireCodes } from '../../domain/codes.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import type { Organisation } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import {
  type mergeBody,
  type newOrganisationBody,
  type organisationPageSchema,
  type organisationPatchBody,
  type organisationQuery,
  organisationRoles,
  type organisationSchema,
} from './organisations.schema.js';
import {
  findKeptId,
  findOrganisation,
  findOrganisations,
  findPossibleDuplicates,
  type LinkedOrganisation,
  lockOrganisations,
  moveIdentifiers,
  type PossibleDuplicate,
  replaceIdentifiers,
  requireActiveOrganisation,
} from './organisations.store.js';

type OrganisationWire = z.output<typeof organisationSchema>;
type SummaryWire = z.output<typeof organisationPageSchema>['items'][number];
type Fields = z.output<typeof newOrganisationBody>;

const knownRoles = new Map(organisationRoles.map((role) => [role, role]));

export async function listOrganisations({ db }: RequestContext, query: z.output<typeof organisationQuery>): Promise<Page<SummaryWire>> {
  return mapPage(await findOrganisations(db, query), toSummary);
}

/** @throws NOT_FOUND */
export async function getOrganisation({ db }: RequestContext, id: string): Promise<OrganisationWire> {
  return toWire(await requireOrganisation(db, id));
}

/**
 * Records an organisation, and names those it may be a duplicate of.
 * @throws CODE_UNKNOWN, CODE_REPEATED
 * @throws DUPLICATE when another organisation has one of the identifiers
 */
export async function createOrganisation(
  context: RequestContext,
  fields: Fields,
): Promise<OrganisationWire & { readonly possibleDuplicates: readonly PossibleDuplicate[] }> {
  checkFields(context, fields);
  const id = newId();
  const row = await context.db.organisation.create({ data: { id, ...columnsOf(fields) } });
  await replaceIdentifiers(context.db, id, fields.identifiers);
  const organisation = await keep(context, id, 'organisation.create', { before: null, after: fields });
  return { ...organisation, possibleDuplicates: await findPossibleDuplicates(context.db, row) };
}

/**
 * Changes an organisation that has not been merged.
 * @throws STALE, NOT_FOUND, ALREADY_MERGED, CODE_UNKNOWN, CODE_REPEATED
 * @throws DUPLICATE when another organisation has one of the identifiers
 */
export async function updateOrganisation(
  context: RequestContext,
  id: string,
  patch: z.output<typeof organisationPatchBody>,
): Promise<OrganisationWire> {
  await lockOrganisations(context.db, id);
  const current = await requireOrganisation(context.db, id);
  context.precondition.check(current.version);
  await checkNotMerged(context, current);
  const changes = changesOf(fieldsOf(current), patch);
  if (!changes) return toWire(current);
  const next = { ...fieldsOf(current), ...changes.after };
  checkFields(context, next);
  await context.db.organisation.update({ where: { id }, data: columnsOf(next) });
  if (changes.after.identifiers) await replaceIdentifiers(context.db, id, changes.after.identifiers);
  return keep(context, id, 'organisation.update', changes);
}

/**
 * Merges a duplicate into the organisation that is kept: it stays as a record that points there, its identifiers move, and
 * what was recorded under it stays under it.
 * @throws STALE, NOT_FOUND, MERGE_INTO_ITSELF
 * @throws CODE_UNKNOWN when there is no such organisation to keep
 * @throws ALREADY_MERGED when either is a duplicate already, which also rules out circles
 */
export async function mergeOrganisation(context: RequestContext, id: string, { intoId, reason }: z.output<typeof mergeBody>): Promise<OrganisationWire> {
  if (id === intoId) throw new DomainError('MERGE_INTO_ITSELF', {}, 'intoId');
  await lockOrganisations(context.db, id, intoId);
  const duplicate = await requireOrganisation(context.db, id);
  context.precondition.check(duplicate.version);
  await checkNotMerged(context, duplicate);
  await requireActiveOrganisation(context.db, intoId, 'intoId');
  await context.db.organisation.update({ where: { id }, data: { mergedIntoId: intoId } });
  const identifiers = await moveIdentifiers(context.db, id, intoId);
  const merged = { before: { mergedIntoId: null, identifiers }, after: { mergedIntoId: intoId, identifiers: [] } };
  await recordAudit(context, 'organisation.absorb', { kind: 'organisation', id: intoId }, { before: {}, after: { mergedFrom: id, identifiers } }, { reason });
  return keep(context, id, 'organisation.merge', merged, reason);
}

/** The record as it is now, once its names and the act are kept for later. */
async function keep(context: RequestContext, id: string, action: string, detail: object, reason?: string): Promise<OrganisationWire> {
  const organisation = await requireOrganisation(context.db, id);
  const { name, nameFr, nameEn, acronym, type, mergedIntoId } = organisation;
  await recordRevision(context.db, 'organisation', id, { name, nameFr, nameEn, acronym, type, mergedIntoId }, context.actor.userId);
  await recordAudit(context, action, { kind: 'organisation', id }, detail, { reason: reason ?? null });
  return toWire(organisation);
}

async function requireOrganisation(db: RequestContext['db'], id: string): Promise<LinkedOrganisation> {
  const organisation = await findOrganisation(db, id);
  if (!organisation) throw new DomainError('NOT_FOUND', { what: 'organisation' });
  return organisation;
}

async function checkNotMerged({ db }: RequestContext, { id, mergedIntoId }: Organisation): Promise<void> {
  if (mergedIntoId !== null) throw new DomainError('ALREADY_MERGED', { into: await findKeptId(db, id) });
}

function checkFields({ deps: { reference } }: RequestContext, { type, roles, country }: Fields): void {
  requireCode(type, reference.organisationTypes, 'organisation-types', 'type');
  requireCodes(roles, knownRoles, 'organisation-roles', 'roles');
  if (country !== null) requireCode(country, reference.countries, 'countries', 'country');
}

function columnsOf({ name, nameFr, nameEn, acronym, type, roles, country }: Fields) {
  return { name, nameFr, nameEn, acronym, type, roles, countryIso3: country };
}

function fieldsOf(organisation: LinkedOrganisation): Fields {
  const { name, nameFr, nameEn, acronym, type, roles, countryIso3, identifiers } = organisation;
  return { name, nameFr, nameEn, acronym, type, roles, country: countryIso3, identifiers };
}

function toSummary(organisation: Organisation): SummaryWire {
  const { id, name, nameFr, nameEn, acronym, type, roles, countryIso3, mergedIntoId, createdAt, version } = organisation;
  return { id, name, nameFr, nameEn, acronym, type, roles, country: countryIso3, mergedIntoId, recordedAt: createdAt.toISOString(), version };
}

function toWire(organisation: LinkedOrganisation): OrganisationWire {
  const { identifiers, mergedFrom } = organisation;
  return { ...toSummary(organisation), identifiers, mergedFrom: mergedFrom.map(({ id }) => id) };
}
