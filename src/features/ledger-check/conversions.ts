import { type Conversion, convert, type ReportingCurrency, reportingCurrencies } from '../../domain/fx.js';
import { exponentOf, type Exponents } from '../../domain/money.js';
import { type BookedAmounts, convertLowering } from '../../domain/posting.js';
import type { Tx } from '../../platform/db.js';
import type { CheckOutcome, LedgerBreak } from './check.js';

const BATCH = 5_000;

interface EntryRow extends Readonly<Record<ReportingCurrency, bigint | null>> {
  readonly id: string;
  readonly seq: bigint;
  readonly currency: string;
  readonly minor: bigint;
  readonly fx: Readonly<Record<'usd' | 'eur' | 'xof', Conversion | null>>;
  /** What its commitment stood at before, for a lowering. */
  readonly booked: Readonly<Record<keyof BookedAmounts, string | null>> | null;
}

/** Recomputes every entry's amounts in the reporting currencies from what is frozen on it; a reversal is compared with its original elsewhere. */
export async function checkConversions(tx: Tx): Promise<CheckOutcome> {
  const exponents = await loadExponents(tx);
  const rows: LedgerBreak[] = [];
  let checked = 0;
  for (let batch = await readBatch(tx, 0n); batch.length > 0; batch = await readBatch(tx, batch.at(-1)?.seq ?? 0n)) {
    checked += batch.length;
    rows.push(...batch.flatMap((entry) => breakOf(entry, exponents)));
  }
  return { checked, rows };
}

/** The exponents of all currencies, by ISO 4217 code. */
export async function loadExponents(tx: Tx): Promise<Exponents> {
  const currencies = await tx.currency.findMany({ select: { code: true, exponent: true } });
  return new Map(currencies.map(({ code, exponent }) => [code, exponent]));
}

function readBatch(tx: Tx, after: bigint): Promise<EntryRow[]> {
  return tx.$queryRaw`
    SELECT e.id, e.seq, e.currency, e.amount_minor AS minor, e.usd_minor AS "USD", e.eur_minor AS "EUR", e.xof_minor AS "XOF", e.fx,
      (SELECT jsonb_build_object('minor', sum(b.amount_minor)::text, 'USD', sum(b.usd_minor)::text,
          'EUR', sum(b.eur_minor)::text, 'XOF', sum(b.xof_minor)::text)
        FROM journal_entry b
        WHERE e.kind = 'amendment' AND e.amount_minor < 0
          AND b.commitment_id = e.commitment_id AND b.stage = 'commitment' AND b.seq < e.seq) AS booked
    FROM journal_entry e
    WHERE e.seq > ${after} AND e.kind <> 'reversal'
    ORDER BY e.seq LIMIT ${BATCH}`;
}

function breakOf(entry: EntryRow, exponents: Exponents): readonly LedgerBreak[] {
  const differing = reportingCurrencies
    .map((target) => ({ target, found: entry[target], expected: recompute(entry, target, exponents) }))
    .filter(({ found, expected }) => found !== expected);
  if (differing.length === 0) return [];
  const list = (side: 'found' | 'expected') => differing.map((part) => `${part[side] ?? '–'} ${part.target}`).join(', ');
  return [{ record: 'journal_entry', id: entry.id, found: list('found'), expected: list('expected') }];
}

/** The amount that follows from the conversion frozen on the entry; null when nothing does. */
function recompute(entry: EntryRow, target: ReportingCurrency, exponents: Exponents): bigint | null {
  const conversion = entry.fx[keyOf(target)];
  if (conversion === null) return null;
  if (conversion.method === 'booked') return fromBooked(entry, target);
  const published = entry.fx.usd?.method === 'published' && entry.currency !== 'USD';
  // What the source reported in USD can only be taken as it is; the other two follow from it, or exactly from the amount itself.
  if (conversion.method === 'published') return published && target === 'USD' ? (entry.USD ?? 0n) : null;
  return published && conversion.method === 'rates'
    ? alongLegs(entry.USD ?? 0n, 'USD', target, conversion.legs, exponents)
    : alongLegs(entry.minor, entry.currency, target, conversion.legs, exponents);
}

function keyOf(target: ReportingCurrency) {
  return target.toLowerCase() as Lowercase<ReportingCurrency>;
}

function fromBooked({ minor, booked }: EntryRow, target: ReportingCurrency): bigint | null {
  if (!booked?.minor || !booked.USD || !booked.EUR || !booked.XOF || booked.minor === '0') return null;
  const amounts = { minor: BigInt(booked.minor), USD: BigInt(booked.USD), EUR: BigInt(booked.EUR), XOF: BigInt(booked.XOF) };
  return convertLowering(minor, amounts)[target]?.minor ?? null;
}

function alongLegs(minor: bigint, from: string, to: string, legs: Conversion['legs'], exponents: Exponents): bigint | null {
  const withExponent = (currency: string) => ({ currency, exponent: exponentOf(currency, exponents) });
  try {
    return convert(minor, withExponent(from), withExponent(to), legs);
  } catch {
    return null;
  }
}
