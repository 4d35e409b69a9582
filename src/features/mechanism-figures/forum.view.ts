import { DomainError } from '../../domain/problem.js';
import { ageingBuckets, grouped } from '../../domain/mechanism-figures.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import { bothNames } from '../../domain/reference.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText as text } from '../../i18n/mechanism-figures.js';
import { Prisma } from '../../platform/db.js';
import { labelsAt } from '../reports/labels.store.js';
import type { View, ViewTable } from '../reports/view.js';
import { followedOf, followUpRowOf, ownFigures, reversedRowOf, totalsOf, withKept, writeFigures } from './follow-up.js';
import { forumDocument } from './forum.document.js';
import { type FollowUpRow, type ForumAnswer, forumQuestion, type ForumQuestion } from './mechanism-figures.schema.js';
import { eventAt } from './mechanism-figures.store.js';
import { countNote, notesOf } from './notes.js';
import { findPledged, linesOfPledges } from './promises.store.js';

/** Every pledge made at a conference or forum, with what became of it. */
export const forumFollowUp = {
  kind: 'forum_follow_up',
  question: forumQuestion,
  async compute({ tx, reference, asOf, scope }, { eventId, currency }): Promise<ForumAnswer> {
    const event = await eventAt(tx, eventId, asOf);
    if (!event) throw new DomainError('NOT_FOUND', { what: 'event' });
    const { organisations, mergedInto } = await labelsAt(tx, asOf);
    const found = await findPledged(tx, { asOf, scope, currency }, Prisma.sql`f.event_id = ${eventId}::uuid`);
    const crossing = found.filter(({ internal }) => !internal).map((pledge) => withKept(pledge, mergedInto));
    const followed = crossing.filter(({ minor }) => minor > 0n).map((pledge) => followedOf(pledge, asOf.slice(0, 10)));
    const reversed = crossing.filter(({ minor }) => minor <= 0n);
    const leftOut = { internal: found.length - crossing.length, unconverted: followed.filter(({ pledge }) => !pledge.hasRate).length };
    const writer = (code: string) => (minor: bigint) => formatMinor(minor, exponentOf(code, reference.exponents));
    const write = writer(currency);
    const named = (ids: readonly (string | null)[], known: ReadonlyMap<string, { readonly nameFr: string; readonly nameEn: string }>) =>
      Object.fromEntries([...new Set(ids.flatMap((id) => id ?? []))].sort().map((id) => [id, bothNames(known.get(id), id)]));
    const statuses = grouped(followed, ({ status }) => status);
    return {
      kind: 'forum_follow_up',
      asOf,
      currency,
      event: { id: eventId, code: event.code, nameFr: event.nameFr, nameEn: event.nameEn },
      notes: notesOf(
        [
          'note.followUp', 'note.followUpRates', 'note.ageing', 'note.statuses', 'note.reversed',
          ...countNote('note.internal', leftOut.internal), ...countNote('note.unconverted', leftOut.unconverted),
        ],
        scope,
      ), // prettier-ignore
      total: { ...totalsOf(followed, write), statuses: Object.fromEntries([...statuses].map(([status, rows]) => [status, rows.length])) },
      byDonor: [...grouped(followed, ({ pledge }) => pledge.donorId)]
        .map(([donorId, rows]) => ({ donorId, ...totalsOf(rows, write) }))
        .sort((a, b) => largestFirst(a.figures.pledged, b.figures.pledged) || (a.donorId < b.donorId ? -1 : 1)),
      byCurrency: [...grouped(followed, ({ pledge }) => pledge.currency)]
        .map(([code, rows]) => ({ currency: code, pledges: rows.length, figures: writeFigures(ownFigures(rows), writer(code)) }))
        .sort((a, b) => (a.currency < b.currency ? -1 : 1)),
      rows: followed.map((one) => followUpRowOf(one, write, writer(one.pledge.currency))),
      reversed: reversed.map((pledge) => reversedRowOf(pledge, writer(pledge.currency))),
      labels: {
        organisations: named(crossing.flatMap(({ donorId, recipientId }) => [donorId, recipientId]), organisations),
        mechanisms: named(crossing.map(({ mechanism }) => mechanism), reference.mechanisms),
      },
      leftOut,
    };
  },
  table: tableOf,
  document: forumDocument,
  lines: ({ scope }, { eventId, currency }) =>
    Promise.resolve({ book: 'journal', condition: linesOfPledges({ scope, currency }, Prisma.sql`f.event_id = ${eventId}::uuid`), currency }),
} as const satisfies View<ForumQuestion, ForumAnswer>;

/** Amounts of the same currency: the one with more whole digits is larger. */
function largestFirst(a: string, b: string): number {
  if (a.length !== b.length) return b.length - a.length;
  if (a === b) return 0;
  return a < b ? 1 : -1;
}

function tableOf({ currency, rows, reversed, labels, total }: ForumAnswer, language: Language): ViewTable {
  const titles = [
    'reference', 'donor', 'recipient', 'mechanism', 'status', 'pledgedOn', 'currency', 'pledgedOwn', 'convertedOwn', 'paidOwn', 'pledged', 'converted', 'paid',
    'outstanding', 'unpaid',
  ] as const; // prettier-ignore
  const header = [
    ...titles.map((title) => text(language, title, { currency })),
    ...ageingBuckets.map((bucket) => text(language, `ageing.${bucket}`, { currency })),
    text(language, 'daysToCommitment'),
    text(language, 'daysToFirstPayment'),
  ];
  const name = (id: string | null) => (id === null ? '' : (labels.organisations[id]?.[language] ?? id));
  const figures = (of: FollowUpRow['figures']) =>
    of === null ? Array<string>(5 + ageingBuckets.length).fill('') : [of.pledged, of.converted, of.paid, of.outstanding, of.unpaid, ...ageingBuckets.map((bucket) => of.ageing[bucket])];
  const days = (count: number | null) => (count === null ? '' : String(count));
  const lines = rows.map((row) => [
    row.reference, name(row.donorId), name(row.recipientId), labels.mechanisms[row.mechanism]?.[language] ?? row.mechanism, text(language, `status.${row.status}`), row.pledgedOn,
    row.currency, row.own.pledged, row.own.converted, row.own.paid, ...figures(row.figures), days(row.daysToCommitment), days(row.daysToFirstPayment),
  ]); // prettier-ignore
  const blank = (cells: readonly string[]) => [...cells, ...header.slice(cells.length).map(() => '')];
  const apart = reversed.map((row) => blank([row.reference, name(row.donorId), '', '', text(language, 'status.reversed'), '', row.amount.currency, row.amount.amount]));
  return { header, rows: [...lines, ...apart, blank([text(language, 'total'), ...Array<string>(9).fill(''), ...figures(total.figures)])] };
}
