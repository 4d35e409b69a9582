import type { Tx } from '../../platform/db.js';
import { asSystem } from '../../platform/tenant.js';
import type { Provenance, RateLeg } from './entries.js';
import { books, conversionTo, knownLines, type LineContext, type LineSource } from './lines.store.js';

interface GroupRow {
  readonly system: string | null;
  readonly legs: readonly RateLeg[] | null;
  readonly lines: number;
}

/** From where the figures of a report come: its lines by source and by the rates they were converted at. */
export async function provenanceOf({ tx, asOf }: LineContext, source: LineSource): Promise<Provenance> {
  const read = () => groupsOf(tx, source, asOf);
  const groups = source.openInTotal ? await asSystem(tx, read) : await read();
  const sources = new Map<string | null, number>();
  const rates = new Map<string, Provenance['rates'][number]>();
  for (const { system, legs, lines } of groups) {
    sources.set(system, (sources.get(system) ?? 0) + lines);
    for (const { source: publisher, base, quote, date } of legs ?? []) {
      const key = `${publisher} ${base} ${quote}`;
      const { from, to, lines: before } = rates.get(key) ?? { from: date, to: date, lines: 0 };
      rates.set(key, { source: publisher, base, quote, from: date < from ? date : from, to: date > to ? date : to, lines: before + lines });
    }
  }
  return {
    sources: [...sources].map(([system, lines]) => ({ system, lines })),
    rates: [...rates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rate]) => rate),
    sameCurrency: groups.filter(({ legs }) => (legs ?? []).length === 0).reduce((sum, { lines }) => sum + lines, 0),
  };
}

function groupsOf(tx: Tx, source: LineSource, asOf: string): Promise<GroupRow[]> {
  const { from, source: system } = books[source.book];
  return tx.$queryRaw<GroupRow[]>`
    SELECT ${system} AS system, ${conversionTo(source.currency)} -> 'legs' AS legs, count(*)::int AS lines
    FROM ${from} WHERE ${knownLines(source, asOf)}
    GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST`;
}
