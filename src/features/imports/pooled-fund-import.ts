import type { Day } from '../../domain/days.js';
import { findLegs, type RateBook } from '../../domain/fx.js';
import type { ImportNoteCode, ImportWarningCode } from '../../i18n/import-problems.js';
import type { Tx } from '../../platform/db.js';
import { reverseFundEntries } from '../fund-book/fund-book.store.js';
import { loadRateBook } from '../fx/fx.store.js';
import { reverseEntries } from '../journal/journal.store.js';
import { markReversed } from './fts-flows.store.js';
import { countWarnings, type ImportOutcome, type ImportRowDraft, type RowFlow } from './import-rows.js';
import { findUnconverted, hashOf, insertVersions, type KnownVersion, loadVersions, noRecords, type Version, type VersionIds } from './pooled-fund-versions.store.js';
import type { Progress, Recorder } from './prepared-import.js';

/** What a source of a fund publishes as one row, checked; `content` alone decides whether it changed. */
export interface SourceItem<T> {
  readonly externalId: string;
  readonly content: T;
  /** Why nothing is posted of it; null when something is. */
  readonly note: ImportNoteCode | null;
  readonly valueDate: Day;
  readonly file: string;
  readonly row: number;
  readonly warnings: readonly ImportWarningCode[];
}

/** Rates by value date. */
export type Rates = (valueDate: Day) => RateBook;

/** How a kind of record of a source is taken in. */
export interface SourceKind<T extends { readonly kind: string }> {
  readonly system: string;
  readonly kind: T['kind'];
  readonly items: readonly SourceItem<T>[];
  /** What a complete file would hold; null when the file need not be complete. */
  readonly within: ((content: T) => boolean) | null;
  readonly describe: (content: T) => RowFlow;
  /** Posts items of which something is to be posted; gives what each led to, by its external id. */
  readonly post: (tx: Tx, items: readonly SourceItem<T>[], rates: Rates) => Promise<ReadonlyMap<string, VersionIds>>;
  readonly counted: { readonly read: number; readonly duplicates: number };
  /** Rows that were not read, or not wanted. */
  readonly problems: readonly ImportRowDraft[];
  readonly leftOut: readonly ImportRowDraft[];
}

type Action = 'created' | 'updated' | 'unchanged';

interface Decision<T> {
  readonly action: Action;
  readonly item: SourceItem<T>;
  readonly known: KnownVersion<T> | null;
  readonly note: ImportNoteCode | null;
}

/** What stands of a source is brought to what it publishes now: a changed record is reversed and posted anew, a vanished one reversed. */
export async function takeIn<T extends { readonly kind: string }>(tx: Tx, source: SourceKind<T>, recorder: Recorder, progress: Progress): Promise<ImportOutcome> {
  const known = await loadVersions<T>(tx, source.system, source.kind);
  const rates = await loadRates(tx, [...new Set(source.items.map(({ valueDate }) => valueDate))]);
  const decisions = await decideAll(tx, source.items, known, rates);
  const vanished = vanishedOf(source, known);
  await progress(25);
  const changed = decisions.filter(({ action }) => action !== 'unchanged');
  await reverse(tx, changed.flatMap((one) => one.known ?? []), 'SOURCE_UPDATED', recorder);
  await reverse(tx, vanished, 'SOURCE_CLOSED', recorder);
  const posted = await source.post(tx, changed.filter(({ item }) => item.note === null).map(({ item }) => item), rates);
  await progress(80);
  const versions: readonly Version<T>[] = [
    ...changed.map(({ item, known: before }) => ({
      ...(posted.get(item.externalId) ?? noRecords),
      externalId: item.externalId,
      seq: (before?.seq ?? known.get(item.externalId)?.seq ?? 0) + 1,
      content: item.content,
      outcome: item.note === null ? ('posted' as const) : ('no_amount' as const),
    })),
    ...vanished.map((one) => ({ ...one, seq: one.seq + 1, outcome: 'closed' as const })),
  ];
  await insertVersions(tx, source.system, versions, recorder.importId);
  const rows = [...source.problems, ...changed.map((one) => rowOf(one, source, rates)), ...vanished.map((one) => closedRow(one, source)), ...source.leftOut];
  const count = (action: Action) => decisions.filter((one) => one.action === action).length;
  const counts = {
    ...source.counted,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    older: 0,
    closed: vanished.length,
    leftOut: source.leftOut.length,
    problems: source.problems.length,
    warnings: countWarnings(rows),
  };
  return { rows, summary: { counts, totals: null } };
}

async function loadRates(tx: Tx, days: readonly Day[]): Promise<Rates> {
  const books = new Map<Day, RateBook>();
  for (const day of days) books.set(day, await loadRateBook(tx, ['USD'], day));
  return (day) => books.get(day) ?? new Map();
}

/** What is the same as before is posted anew when it was held without a rate that is known by now. */
async function decideAll<T>(tx: Tx, items: readonly SourceItem<T>[], known: ReadonlyMap<string, KnownVersion<T>>, rates: Rates): Promise<readonly Decision<T>[]> {
  const decisions = items.map((item) => decide(item, known.get(item.externalId) ?? null));
  const held = await findUnconverted(tx, decisions.flatMap((one) => (one.action === 'unchanged' && one.known ? idsOf(one.known) : [])));
  return decisions.map((one) => {
    const days = one.action === 'unchanged' && one.known ? idsOf(one.known).flatMap((id) => held.get(id) ?? []) : [];
    return days.some((day) => findLegs('USD', 'XOF', rates(day))) ? { ...one, action: 'updated', note: 'RATE_FOUND' } : one;
  });
}

function decide<T>(item: SourceItem<T>, known: KnownVersion<T> | null): Decision<T> {
  if (!known || known.outcome === 'closed') return { action: 'created', item, known, note: known ? 'CAME_BACK' : item.note };
  const outcome = item.note === null ? 'posted' : 'no_amount';
  const same = known.contentHash === hashOf(item.content as object) && known.outcome === outcome;
  return { action: same ? 'unchanged' : 'updated', item, known, note: item.note };
}

function idsOf({ pledgeId, commitmentId, operationId }: VersionIds): readonly string[] {
  return [pledgeId, commitmentId, operationId].filter((id) => id !== null);
}

function vanishedOf<T extends { readonly kind: string }>({ within, items, leftOut }: SourceKind<T>, known: ReadonlyMap<string, KnownVersion<T>>): readonly KnownVersion<T>[] {
  if (!within) return [];
  const there = new Set([...items.map(({ externalId }) => externalId), ...leftOut.map(({ externalId }) => externalId)]);
  return [...known.values()].filter((one) => one.outcome !== 'closed' && !there.has(one.externalId) && within(one.content));
}

async function reverse(tx: Tx, versions: readonly VersionIds[], reason: string, { recordedBy, importId }: Recorder): Promise<void> {
  const by = { recordedBy, importId, reason };
  for (const stage of ['pledge', 'commitment'] as const) {
    const ids = versions.flatMap((version) => version[`${stage}Id`] ?? []);
    if (ids.length === 0) continue;
    await reverseEntries(tx, stage, ids, by);
    await markReversed(tx, stage, ids);
  }
  const operations = versions.flatMap(({ operationId }) => operationId ?? []);
  if (operations.length === 0) return;
  await reverseFundEntries(tx, 'operation', operations, by);
  await tx.fundOperation.updateMany({ where: { id: { in: operations } }, data: { status: 'reversed' } });
}

function rowOf<T extends { readonly kind: string }>({ action, item, known, note }: Decision<T>, { describe }: SourceKind<T>, rates: Rates): ImportRowDraft {
  const unconverted = item.note === null && !findLegs('USD', 'XOF', rates(item.valueDate));
  const warnings = [...item.warnings, ...(unconverted ? (['UNCONVERTED'] as const) : [])];
  const changed = action === 'updated' && known ? { changed: changesBetween(known.content, item.content) } : {};
  return { action: action === 'updated' ? 'updated' : 'created', file: item.file, row: item.row, externalId: item.externalId, code: note, detail: { flow: describe(item.content), warnings, ...changed } };
}

function closedRow<T extends { readonly kind: string }>({ externalId, content }: KnownVersion<T>, { describe }: SourceKind<T>): ImportRowDraft {
  return { action: 'closed', file: null, row: null, externalId, code: 'VANISHED', detail: { flow: describe(content) } };
}

/** The members that differ; they are all plain values. */
function changesBetween(before: object, after: object): readonly string[] {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).filter(([name, value]) => value !== old.get(name)).map(([name]) => name);
}
