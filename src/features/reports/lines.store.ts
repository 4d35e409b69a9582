import type { ReportingCurrency } from '../../domain/fx.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import { bothNames, type Named, type Reference } from '../../domain/reference.js';
import { keptRecord } from '../../domain/report.js';
import type { Language } from '../../i18n/language.js';
import { Prisma, type Tx } from '../../platform/db.js';
import type { RateLeg, ReportEntries, ReportEntry } from './entries.js';
import { labelsAt } from './labels.store.js';

/** The entries behind a report: lines of the journal, or movements of the funds' book. */
export interface LineSource {
  readonly book: 'journal' | 'funds';
  /** On `journal_line l` joined to `journal_entry e`, or on `fund_entry e`: those that count, whenever they were recorded. */
  readonly condition: Prisma.Sql;
  readonly currency: ReportingCurrency;
  /** Their sums are open to everybody, whatever the asker may see; the single lines are not. */
  readonly openInTotal?: true;
}

/** By what lines are read; the context of any view is one. */
export interface LineContext {
  readonly tx: Tx;
  readonly reference: Reference;
  /** ISO 8601 with microseconds: what was recorded until then is known. */
  readonly asOf: string;
}

/** How the lines of a book are read; `l` is a line of the journal, `e` its entry or a movement of a fund. */
interface Book {
  /** The lines alone. */
  readonly lines: Prisma.Sql;
  /** What names one of them. */
  readonly key: Prisma.Sql;
  /** The lines, each with the record that it was posted for. */
  readonly from: Prisma.Sql;
  /** What is read of a line and its record, as {@link LineColumns}. */
  readonly columns: Prisma.Sql;
  /** From where the record was taken. */
  readonly source: Prisma.Sql;
  readonly recordedAt: Prisma.Sql;
  readonly converted: Readonly<Record<ReportingCurrency, Prisma.Sql>>;
  /** In the order of recording. */
  readonly order: Prisma.Sql;
}

/** What every list of lines shows; days and moments as ISO 8601. */
export interface LineColumns {
  readonly kind: string;
  readonly stage: 'pledge' | 'commitment' | 'disbursement' | null;
  readonly reference: string;
  readonly description: string;
  readonly donor_id: string | null;
  readonly countries: string[];
  readonly sectors: string[];
  readonly plans: string[];
  readonly value_date: string;
  readonly occurred_on: string | null;
  readonly recorded_at: string;
  readonly currency: string;
  readonly amount_minor: bigint;
}

const convertedOf = (line: string): Book['converted'] => ({
  USD: Prisma.raw(`${line}.usd_minor`),
  EUR: Prisma.raw(`${line}.eur_minor`),
  XOF: Prisma.raw(`${line}.xof_minor`),
});

const lineColumns = (line: string, record: (column: string) => string): Prisma.Sql =>
  Prisma.raw(`e.kind::text AS kind, ${record('reference')} AS reference, ${record('description')} AS description,
    ${line}.donor_id::text AS donor_id, ${line}.countries, ${line}.sectors, ${line}.plans,
    to_char(${line}.value_date, 'YYYY-MM-DD') AS value_date, to_char(e.occurred_on, 'YYYY-MM-DD') AS occurred_on,
    to_char(${line}.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
    ${line}.currency, ${line}.amount_minor`);

const ofFlow = (column: string) => `coalesce(d.${column}, c.${column}, p.${column})`;
const ofMovement = (column: string) => `coalesce(o.${column}, d.${column}, '')`;

/** How the lines of each book are read. */
export const books: Readonly<Record<LineSource['book'], Book>> = {
  journal: {
    lines: Prisma.sql`journal_line l JOIN journal_entry e ON e.id = l.entry_id`,
    key: Prisma.sql`l.entry_id, l.cell`,
    from: Prisma.sql`journal_line l JOIN journal_entry e ON e.id = l.entry_id
      LEFT JOIN disbursement d ON e.stage = 'disbursement' AND d.id = e.disbursement_id
      LEFT JOIN commitment c ON e.stage = 'commitment' AND c.id = e.commitment_id
      LEFT JOIN pledge p ON e.stage = 'pledge' AND p.id = e.pledge_id`,
    columns: Prisma.sql`e.stage::text AS stage, ${lineColumns('l', ofFlow)}`,
    source: Prisma.raw(ofFlow('source_system')),
    recordedAt: Prisma.sql`l.recorded_at`,
    converted: convertedOf('l'),
    order: Prisma.sql`e.seq, l.cell`,
  },
  funds: {
    lines: Prisma.sql`fund_entry e`,
    key: Prisma.sql`e.id`,
    from: Prisma.sql`fund_entry e LEFT JOIN fund_operation o ON o.id = e.operation_id LEFT JOIN disbursement d ON d.id = e.disbursement_id`,
    columns: Prisma.sql`NULL AS stage, ${lineColumns('e', ofMovement)}`,
    source: Prisma.sql`coalesce(o.source_system, d.source_system)`,
    recordedAt: Prisma.sql`e.recorded_at`,
    converted: convertedOf('e'),
    order: Prisma.sql`e.seq`,
  },
};

/** Whose names a list of entries shows beside the donor's. */
const parties: Readonly<Record<LineSource['book'], Prisma.Sql>> = {
  journal: Prisma.sql`l.recipient_id::text AS recipient_id, l.fund_id::text AS fund_id, l.mechanism`,
  funds: Prisma.sql`e.partner_id::text AS recipient_id, e.fund_id::text AS fund_id, NULL AS mechanism`,
};

/** How an amount came into a currency of the report, as `fx` keeps it; a column of `e`. */
export const conversionTo = (currency: ReportingCurrency): Prisma.Sql => Prisma.sql`e.fx -> ${currency.toLowerCase()}`;

/** Which lines of a source were there at a moment, and have an amount in its currency. */
export function knownLines({ book, condition, currency }: LineSource, asOf: string): Prisma.Sql {
  const { recordedAt, converted } = books[book];
  return Prisma.sql`${recordedAt} <= ${asOf}::timestamptz AND ${converted[currency]} IS NOT NULL AND (${condition})`;
}

interface EntryRow extends LineColumns {
  /** Of all lines, also those beyond the limit. */
  readonly total: number;
  readonly recipient_id: string | null;
  readonly fund_id: string | null;
  readonly mechanism: string | null;
  readonly converted_minor: bigint;
  readonly conversion: { readonly legs: readonly RateLeg[] } | null;
  readonly source: string | null;
}

/**
 * The lines behind a report that were recorded by its moment, with names as they were then; those that the asker may see, and no more
 * than `limit` of them.
 */
export async function entriesOf({ tx, reference, asOf }: LineContext, source: LineSource, limit: number): Promise<ReportEntries> {
  const { currency } = source;
  const book = books[source.book];
  const known = knownLines(source, asOf);
  // First which lines: their records are looked up only for those that are listed.
  const rows = await tx.$queryRaw<EntryRow[]>`
    WITH known AS MATERIALIZED (SELECT ${book.key}, row_number() OVER (ORDER BY ${book.order}) AS place FROM ${book.lines} WHERE ${known})
    SELECT (SELECT count(*) FROM known)::int AS total, ${book.columns}, ${parties[source.book]}, ${book.converted[currency]} AS converted_minor,
      ${conversionTo(currency)} AS conversion, ${book.source} AS source
    FROM ${book.from} JOIN known k ON (${book.key}) = ${source.book === 'journal' ? Prisma.sql`(k.entry_id, k.cell)` : Prisma.sql`(k.id)`}
    WHERE k.place <= ${limit} ORDER BY k.place`;
  const { organisations, mergedInto, funds } = await labelsAt(tx, asOf);
  const organisation = (id: string | null) => nameIn(organisations, id === null ? null : keptRecord(id, mergedInto));
  const write = (minor: bigint, code: string) => formatMinor(minor, exponentOf(code, reference.exponents));
  const entryOf = (row: EntryRow): ReportEntry => ({
    kind: row.kind,
    stage: row.stage,
    reference: row.reference,
    description: row.description,
    donor: organisation(row.donor_id),
    recipient: organisation(row.recipient_id),
    fund: nameIn(funds, row.fund_id),
    mechanism: nameIn(reference.mechanisms, row.mechanism),
    states: row.countries,
    sectors: row.sectors,
    plans: row.plans,
    valueDate: row.value_date,
    occurredOn: row.occurred_on,
    recordedAt: row.recorded_at,
    amount: write(row.amount_minor, row.currency),
    currency: row.currency,
    converted: write(row.converted_minor, currency),
    rates: row.conversion?.legs ?? [],
    source: row.source,
  });
  return { currency, total: rows[0]?.total ?? 0, rows: rows.map(entryOf) };
}

function nameIn(known: ReadonlyMap<string, Named>, id: string | null): Readonly<Record<Language, string>> | null {
  if (id === null) return null;
  const named = known.get(id);
  return bothNames(named, id);
}
