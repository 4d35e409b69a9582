import { DomainError } from '../../domain/problem.js';
import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import { type Organisation, type OrganisationRole, Prisma, type Tx } from '../../platform/db.js';

export const organisationSorts = {
  name: textColumn<Organisation>('name', (organisation) => organisation.name),
  recordedAt: idColumn<Organisation>(),
};

const withLinks = {
  identifiers: { select: { system: true, value: true }, orderBy: [{ system: 'asc' }, { value: 'asc' }] },
  mergedFrom: { select: { id: true }, orderBy: { id: 'asc' } },
} as const satisfies Prisma.OrganisationInclude;

/** An organisation with its identifiers and the duplicates merged into it. */
export type LinkedOrganisation = Prisma.OrganisationGetPayload<{ include: typeof withLinks }>;

export function findOrganisation(db: Tx, id: string): Promise<LinkedOrganisation | null> {
  return db.organisation.findUnique({ where: { id }, include: withLinks });
}

/**
 * The organisation that a new record may name in `field`.
 * @throws CODE_UNKNOWN when there is none
 * @throws ALREADY_MERGED naming the one that is kept
 */
export async function requireActiveOrganisation(db: Tx, id: string, field: string): Promise<Organisation> {
  const organisation = await db.organisation.findUnique({ where: { id } });
  if (!organisation) throw new DomainError('CODE_UNKNOWN', { code: id, list: 'organisations' }, field);
  if (organisation.mergedIntoId !== null) throw new DomainError('ALREADY_MERGED', { into: await findKeptId(db, id) }, field);
  return organisation;
}

/** The organisation at the end of a chain of merges. */
export async function findKeptId(db: Tx, id: string): Promise<string> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH RECURSIVE chain AS (
      SELECT id, merged_into_id FROM organisation WHERE id = ${id}::uuid
      UNION SELECT o.id, o.merged_into_id FROM organisation o JOIN chain c ON o.id = c.merged_into_id
    )
    SELECT id FROM chain WHERE merged_into_id IS NULL`;
  return rows[0]?.id ?? id;
}

/** Locks organisations until the transaction ends, always in the order of their ids, so that merges never wait in a circle. */
export async function lockOrganisations(db: Tx, ...ids: readonly string[]): Promise<void> {
  await db.$queryRaw`SELECT 1 FROM organisation WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`;
}

export interface OrganisationFilter {
  readonly q?: string | undefined;
  readonly role?: OrganisationRole | undefined;
  readonly type?: string | undefined;
  readonly country?: string | undefined;
  readonly merged?: boolean | undefined;
}

export function findOrganisations(db: Tx, query: PageRequest & OrganisationFilter): Promise<Page<Organisation>> {
  const { q, role, type, country, merged } = query;
  const filters: Prisma.OrganisationWhereInput = {
    mergedIntoId: merged ? { not: null } : null,
    ...(q !== undefined && namedLike(q)),
    ...(role && { roles: { has: role } }),
    ...(type !== undefined && { type }),
    ...(country !== undefined && { countryIso3: country }),
  };
  return findPage(query, organisationSorts, ({ where, ...page }) => db.organisation.findMany({ where: { AND: [filters, where] }, ...page }));
}

function namedLike(q: string): Prisma.OrganisationWhereInput {
  // Prisma hands the wildcards of LIKE on as they are.
  const like = { contains: q.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const;
  return { OR: [{ name: like }, { nameFr: like }, { nameEn: like }, { acronym: like }] };
}

/** An organisation that may be the same as another. */
export interface PossibleDuplicate {
  readonly id: string;
  readonly name: string;
  readonly acronym: string | null;
  readonly mergedIntoId: string | null;
}

// Combining accents, typographic dashes, quotes and dots, and all that POSIX calls punctuation or space.
const IGNORED = '[\\u0300-\\u036f\\u00ab\\u00bb\\u2010-\\u2027[:punct:][:space:]]';

function bare(text: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`nullif(lower(regexp_replace(normalize(${text}, NFKD), ${IGNORED}, '', 'g')), '')`;
}

/** Organisations, merged ones too, that share a name or the acronym with this one, whatever its case, accents and punctuation. */
export function findPossibleDuplicates(db: Tx, organisation: Organisation): Promise<PossibleDuplicate[]> {
  const names = [organisation.name, organisation.nameFr, organisation.nameEn].filter((name) => name !== null);
  const given = Prisma.join(names.map((name) => bare(Prisma.sql`${name}::text`)));
  return db.$queryRaw<PossibleDuplicate[]>`
    SELECT o.id, o.name, o.acronym, o.merged_into_id AS "mergedIntoId"
    FROM organisation o
    WHERE o.id <> ${organisation.id}::uuid
      AND (${bare(Prisma.sql`o.name`)} IN (${given})
        OR ${bare(Prisma.sql`o.name_fr`)} IN (${given})
        OR ${bare(Prisma.sql`o.name_en`)} IN (${given})
        OR ${bare(Prisma.sql`o.acronym`)} = ${bare(Prisma.sql`${organisation.acronym}::text`)})
    ORDER BY o.name, o.id LIMIT 20`;
}

/** What another system calls an organisation. */
export interface Identifier {
  readonly system: string;
  readonly value: string;
}

/**
 * Gives an organisation exactly these identifiers.
 * @throws DUPLICATE when another organisation has one of them
 */
export async function replaceIdentifiers(db: Tx, organisationId: string, identifiers: readonly Identifier[]): Promise<void> {
  await db.organisationIdentifier.deleteMany({ where: { organisationId } });
  const data = identifiers.map((identifier) => ({ ...identifier, organisationId }));
  const added = await db.organisationIdentifier.createManyAndReturn({ data, skipDuplicates: true });
  const taken = identifiers.findIndex(({ system, value }) => !added.some((one) => one.system === system && one.value === value));
  const { system, value } = identifiers[taken] ?? {};
  if (system === undefined) return;
  throw new DomainError('DUPLICATE', { field: system, value: value ?? '' }, `identifiers.${taken}`);
}

/** Moves the identifiers of a duplicate to the organisation that is kept, and says which; whoever edits that one has to read it again. */
export async function moveIdentifiers(db: Tx, fromId: string, toId: string): Promise<Identifier[]> {
  await db.$executeRaw`UPDATE organisation SET id = id WHERE id = ${toId}::uuid`;
  return db.organisationIdentifier.updateManyAndReturn({
    where: { organisationId: fromId },
    data: { organisationId: toId },
    select: { system: true, value: true },
  });
}
