import { importText } from '../../i18n/import-problems.js';
import type { OrganisationRole, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { recordRevision } from '../journal/revision.store.js';
import { organisationType } from './fts-classify.js';
import { type FtsOrg, type FtsSide, SEVERAL } from './fts-flow.js';

type Section = 'several' | 'unknown';

const several: FtsOrg = { ftsId: null, name: SEVERAL, types: [] };
const unknown: FtsOrg = { ftsId: null, name: 'Not specified', types: [] };

/** The one organisation that stands for a flow's source: money of several, or of nobody named, is never put down to one of them. */
export function donorOf(source: FtsSide): FtsOrg {
  return soleOf(source) ?? unknown;
}

/** The one organisation that stands for a flow's destination, or null when none is named. */
export function recipientOf(destination: FtsSide): FtsOrg | null {
  return soleOf(destination);
}

function soleOf({ organisations }: FtsSide): FtsOrg | null {
  const [first, ...others] = organisations.filter((organisation) => organisation.name !== '');
  if (!first) return null;
  return others.length > 0 || first.name === SEVERAL ? several : first;
}

/** An organisation and the part it plays in a flow. */
export interface Party {
  readonly organisation: FtsOrg;
  readonly role: OrganisationRole;
}

/** Gives the id of an organisation that was resolved. */
export type OrganisationBook = (organisation: FtsOrg) => string;

interface KnownOrganisation {
  readonly id: string;
  readonly name: string;
  readonly name_fr: string | null;
  readonly name_en: string | null;
  readonly merged_into_id: string | null;
}

interface NewOrganisation {
  readonly id: string;
  readonly name: string;
  readonly name_fr: string | null;
  readonly name_en: string | null;
  readonly type: string;
}

/** What the search for organisations finds and adds. */
interface Found {
  readonly ids: Map<string, string>;
  readonly created: NewOrganisation[];
  readonly identifiers: { readonly system: string; readonly value: string; readonly organisation_id: string }[];
  readonly roles: Map<string, Set<OrganisationRole>>;
}

/**
 * Finds every organisation by its FTS number, else by the name FTS gave it before, else by its name whatever the case and
 * accents; a merged one stands for the one kept; what is not found is created, and every number and name is remembered. Two
 * numbers are never taken for one organisation because their names are equal: a merge can be made later, not undone.
 */
export async function resolveOrganisations(tx: Tx, parties: readonly Party[], recordedBy: string): Promise<OrganisationBook> {
  if (parties.length === 0) return () => '';
  const known = await tx.$queryRaw<KnownOrganisation[]>`SELECT id::text, name, name_fr, name_en, merged_into_id::text FROM organisation ORDER BY id`;
  const identifiers = await tx.organisationIdentifier.findMany({ where: { system: { in: ['fts', 'fts-name'] } } });
  const idsOf = (system: string) => new Map(identifiers.filter((row) => row.system === system).map((row) => [row.value, row.organisationId]));
  const found = search(parties, known, idsOf('fts'), idsOf('fts-name'));
  await write(tx, found, recordedBy);
  return (organisation) => found.ids.get(keyOf(organisation)) ?? '';
}

function search(
  parties: readonly Party[],
  known: readonly KnownOrganisation[],
  byNumber: Map<string, string>,
  byFtsName: Map<string, string>,
): Found {
  const byName = namesOf(known);
  const mergedInto = new Map(known.map((row) => [row.id, row.merged_into_id]));
  const numbered = new Set(byNumber.values());
  const found: Found = { ids: new Map(), created: [], identifiers: [], roles: new Map() };
  const remember = (system: string, ids: Map<string, string>, value: string, id: string) => {
    if (ids.has(value)) return;
    ids.set(value, id);
    found.identifiers.push({ system, value, organisation_id: id });
  };
  // Those with a number first, so that the same name without a number finds them.
  const ordered = [...parties].sort((a, b) => Number(a.organisation.ftsId === null) - Number(b.organisation.ftsId === null));
  for (const { organisation, role } of ordered) {
    const { ftsId } = organisation;
    const name = comparable(organisation.name);
    const named = [byFtsName.get(name), byName.get(name)].find((id) => id !== undefined && (ftsId === null || !numbered.has(id)));
    const match = (ftsId === null ? undefined : byNumber.get(ftsId)) ?? named;
    const id = match === undefined ? newId() : keptId(match, mergedInto);
    if (match === undefined) found.created.push(newOrganisation(id, organisation));
    if (ftsId !== null) {
      remember('fts', byNumber, ftsId, id);
      numbered.add(id);
    }
    remember('fts-name', byFtsName, name, id);
    found.ids.set(keyOf(organisation), id);
    found.roles.set(id, (found.roles.get(id) ?? new Set<OrganisationRole>()).add(role));
  }
  return found;
}

/** Ids by name; one that was not merged comes before one that was, the older before the newer. */
function namesOf(known: readonly KnownOrganisation[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const ordered = [...known].sort((a, b) => Number(a.merged_into_id !== null) - Number(b.merged_into_id !== null));
  for (const row of ordered) {
    for (const name of [row.name, row.name_fr, row.name_en]) {
      if (name !== null && !ids.has(comparable(name))) ids.set(comparable(name), row.id);
    }
  }
  return ids;
}

function keptId(id: string, mergedInto: ReadonlyMap<string, string | null>): string {
  const next = mergedInto.get(id) ?? null;
  return next === null ? id : keptId(next, mergedInto);
}

function newOrganisation(id: string, organisation: FtsOrg): NewOrganisation {
  const names = (section: Section) => ({ name_fr: importText('fr', 'organisation', section), name_en: importText('en', 'organisation', section) });
  const placeholder = organisation === several ? names('several') : organisation === unknown ? names('unknown') : { name_fr: null, name_en: null };
  return { id, name: organisation.name, ...placeholder, type: organisationType(organisation) };
}

function keyOf({ ftsId, name }: FtsOrg): string {
  return ftsId === null ? `name ${comparable(name)}` : `number ${ftsId}`;
}

function comparable(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll('’', "'").replace(/\s+/g, ' ').trim().toLowerCase();
}

async function write(tx: Tx, { created, identifiers, roles }: Found, recordedBy: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO organisation (id, name, name_fr, name_en, type, roles)
    SELECT id, name, name_fr, name_en, type, '{}'
    FROM jsonb_to_recordset(${JSON.stringify(created)}::jsonb) AS o(id uuid, name text, name_fr text, name_en text, type text)`;
  await tx.$executeRaw`
    INSERT INTO organisation_identifier (system, value, organisation_id)
    SELECT system, value, organisation_id
    FROM jsonb_to_recordset(${JSON.stringify(identifiers)}::jsonb) AS i(system text, value text, organisation_id uuid)
    ON CONFLICT DO NOTHING`;
  for (const role of ['donor', 'implementer'] as const) {
    const ids = [...roles].filter(([, played]) => played.has(role)).map(([id]) => id);
    await tx.$executeRaw`
      UPDATE organisation SET roles = array_append(roles, ${role}::organisation_role)
      WHERE id = ANY(${ids}::uuid[]) AND NOT ${role}::organisation_role = ANY(roles)`;
  }
  for (const { id, name, name_fr: nameFr, name_en: nameEn, type } of created) {
    const data = { name, nameFr, nameEn, acronym: null, type, mergedIntoId: null };
    await recordRevision(tx, 'organisation', id, data, recordedBy);
  }
}
