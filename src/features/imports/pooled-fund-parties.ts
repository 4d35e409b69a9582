import type { OrganisationRole, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordRevision } from '../journal/revision.store.js';

/** An organisation that the source of a fund names, and what it would be if nobody knew it. */
export interface SourceParty {
  /** What the source calls it: the value of its identifier. */
  readonly value: string;
  readonly name: string;
  readonly nameFr: string | null;
  readonly nameEn: string | null;
  /** Other names under which it may be known already. */
  readonly aliases: readonly string[];
  /** IATI OrganisationType. */
  readonly type: string;
  readonly role: OrganisationRole;
  readonly countryIso3: string | null;
}

/** Gives the id of an organisation by its value. */
export type PartyBook = (value: string) => string;

interface KnownOrganisation {
  readonly id: string;
  readonly names: readonly (string | null)[];
  readonly mergedIntoId: string | null;
}

/**
 * Finds the organisations of a source by the identifier it gave them before, else by name whatever the case and accents; a merged one
 * stands for the one kept; what is not found is created.
 */
export async function resolveParties(tx: Tx, system: string, parties: readonly SourceParty[], recordedBy: string): Promise<PartyBook> {
  const ids = new Map((await tx.organisationIdentifier.findMany({ where: { system } })).map((row) => [row.value, row.organisationId]));
  const known = await loadOrganisations(tx);
  const byName = namesOf(known);
  const mergedInto = new Map(known.map(({ id, mergedIntoId }) => [id, mergedIntoId]));
  const found = new Map<string, string>();
  for (const party of parties.filter(({ value }, index) => parties.findIndex((one) => one.value === value) === index)) {
    const match = ids.get(party.value) ?? [party.name, ...party.aliases].map((name) => byName.get(comparable(name))).find((id) => id !== undefined);
    const id = match === undefined ? await create(tx, party, recordedBy) : keptId(match, mergedInto);
    if (match === undefined) byName.set(comparable(party.name), id);
    else await giveRole(tx, id, party.role);
    if (!ids.has(party.value)) await tx.organisationIdentifier.create({ data: { system, value: party.value, organisationId: id } });
    found.set(party.value, id);
  }
  return (value) => found.get(value) ?? '';
}

/** The organisation that is known by one of these names; null when nobody knows it. */
export async function findByName(tx: Tx, names: readonly string[]): Promise<string | null> {
  const known = await loadOrganisations(tx);
  const byName = namesOf(known);
  const match = names.map((name) => byName.get(comparable(name))).find((id) => id !== undefined);
  return match === undefined ? null : keptId(match, new Map(known.map(({ id, mergedIntoId }) => [id, mergedIntoId])));
}

/** A name as it is compared: without accents, in small letters, with single spaces. */
export function comparable(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('’', "'").replace(/\s+/g, ' ').trim().toLowerCase();
}

async function loadOrganisations(tx: Tx): Promise<readonly KnownOrganisation[]> {
  const rows = await tx.organisation.findMany({ select: { id: true, name: true, nameFr: true, nameEn: true, acronym: true, mergedIntoId: true }, orderBy: { id: 'asc' } });
  return rows.map(({ id, name, nameFr, nameEn, acronym, mergedIntoId }) => ({ id, names: [name, nameFr, nameEn, acronym], mergedIntoId }));
}

/** Ids by name; one that was not merged comes before one that was, the older before the newer. */
function namesOf(known: readonly KnownOrganisation[]): Map<string, string> {
  const ids = new Map<string, string>();
  for (const { id, names } of [...known].sort((a, b) => Number(a.mergedIntoId !== null) - Number(b.mergedIntoId !== null))) {
    for (const name of names) if (name !== null && !ids.has(comparable(name))) ids.set(comparable(name), id);
  }
  return ids;
}

function keptId(id: string, mergedInto: ReadonlyMap<string, string | null>): string {
  const next = mergedInto.get(id) ?? null;
  return next === null ? id : keptId(next, mergedInto);
}

async function create(tx: Tx, { name, nameFr, nameEn, type, role, countryIso3 }: SourceParty, recordedBy: string): Promise<string> {
  const id = newId();
  await tx.organisation.create({ data: { id, name, nameFr, nameEn, type, roles: [role], countryIso3 }, select: { id: true } });
  await recordRevision(tx, 'organisation', id, { name, nameFr, nameEn, acronym: null, type, mergedIntoId: null }, recordedBy);
  return id;
}

async function giveRole(tx: Tx, id: string, role: OrganisationRole): Promise<void> {
  await tx.$executeRaw`
    UPDATE organisation SET roles = array_append(roles, ${role}::organisation_role) WHERE id = ${id}::uuid AND NOT ${role}::organisation_role = ANY(roles)`;
}
