import { agedParts, ageBuckets, ageOf, shareOut } from '../../domain/ageing.js';
import { type Day, daysBetween } from '../../domain/days.js';
import { type AgeingBucket, ageingBuckets, overdue, sumOf } from '../../domain/mechanism-figures.js';
import { allocate, exponentOf, formatMinor } from '../../domain/money.js';
import type { Named, Reference } from '../../domain/reference.js';
import { NOT_SPECIFIED } from '../../domain/report.js';
import type { MoneyWire } from '../../http/wire.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { type PromiseReportText, promiseReportText as text } from '../../i18n/promise-reports.js';
import { type Followed, followedOf, withKept } from '../mechanism-figures/follow-up.js';
import { notesOf } from '../mechanism-figures/notes.js';
import { findCommitments, findPledged, type PromiseRow } from '../mechanism-figures/promises.store.js';
import { type Labels, labelsAt } from '../reports/labels.store.js';
import type { View, ViewTable } from '../reports/view.js';
import { ageingDocument } from './ageing.document.js';
import { countNote, largestFirst, namesOf, stateParts, withFamilies, withOwn } from './promise-groups.js';
import { type AgedFigures, type AgeingGrouping, ageingQuestion, type AgeingQuestion, type AgeingResult, type ListedPromise, type UndisbursedRow, type UnpaidRow } from './promise-reports.schema.js';
import { asked, promiseLines } from './promise-reports.store.js';

/** How long what is promised has been unpaid, and how old commitments are that are not paid in full. */
export const ageingView = {
  kind: 'ageing',
  question: ageingQuestion,
  async compute({ tx, reference, asOf, scope }, question): Promise<AgeingResult> {
    const { by, currency, filters } = question;
    const today = asOf.slice(0, 10);
    const labels = await labelsAt(tx, asOf);
    const sight = { asOf, scope, currency };
    const condition = asked(withFamilies(filters, labels));
    const pledges = await findPledged(tx, sight, condition);
    const commitments = await findCommitments(tx, sight, condition);
    const fulfilling = new Set(pledges.flatMap((pledge) => pledge.commitments.map(({ id }) => id)));
    const open = (promises: readonly PromiseRow[]) =>
      promises.map((promise) => followedOf(withKept(promise, labels.mergedInto), today)).filter(({ own }) => own.pledged > own.paid);
    const promises = open([...pledges, ...commitments.filter(({ id }) => !fulfilling.has(id))]);
    const unpaid = promises.filter(({ pledge }) => !pledge.internal);
    const undisbursed = open(commitments).filter(({ pledge }) => !pledge.internal);
    const withoutRate = new Set([...unpaid, ...undisbursed].filter(({ pledge }) => !pledge.hasRate).map(({ pledge }) => pledge.id));
    const leftOut = { internal: promises.length - unpaid.length, unconverted: withoutRate.size };
    const writer = (code: string) => (minor: bigint) => formatMinor(minor, exponentOf(code, reference.exponents));
    const write = writer(currency);
    const instalments = agedTable(unpaid.map(byLateness), by, write);
    const aged = agedTable(undisbursed.map((one) => byAge(one, today)), by, write);
    const ofStage = (isPledge: boolean) => write(sumOf(unpaid.filter(({ pledge }) => pledge.isPledge === isPledge).map(unpaidOf)));
    const keys = [...instalments.rows, ...aged.rows].map(({ key }) => key);
    return {
      kind: 'ageing',
      asOf,
      currency,
      by,
      filters,
      notes: withOwn(
        [
          'note.unpaid', 'note.undisbursed', 'note.ageingRates', ...(by === 'state' ? (['note.split'] as const) : []),
          ...countNote('note.internal', leftOut.internal), ...countNote('note.unconverted', leftOut.unconverted),
        ],
        notesOf(['note.ageing'], scope),
      ),
      instalments: { ...instalments, ofPledges: ofStage(true), ofCommitments: ofStage(false), parts: unpaid.flatMap((one) => unpaidRows(one, today, write, writer(one.pledge.currency))).sort(longestFirst(({ daysLate }) => daysLate)) },
      undisbursed: { ...aged, commitments: undisbursed.map((one) => undisbursedRow(one, today, write, writer(one.pledge.currency))).sort(longestFirst(({ days }) => days)) },
      labels: {
        groups: namesOf(keys, groupNames(by, reference, labels), by === 'fund' ? 'none.fund' : undefined),
        organisations: namesOf([...unpaid, ...undisbursed].flatMap(({ pledge }) => [pledge.donorId, pledge.recipientId]), labels.organisations),
        funds: namesOf([...unpaid, ...undisbursed].map(({ pledge }) => pledge.fundId), labels.funds),
      },
      leftOut,
    };
  },
  table: csvOf,
  document: ageingDocument,
  async lines({ tx, asOf, scope }, { currency, filters }) {
    return { book: 'journal', currency, condition: promiseLines({ scope, currency }, withFamilies(filters, await labelsAt(tx, asOf))) };
  },
} as const satisfies View<AgeingQuestion, AgeingResult>;

function unpaidOf({ report }: Followed): bigint {
  return report.pledged - report.paid;
}

/** A piece of what is unpaid, in the currency of the report. */
interface Piece {
  readonly bucket: AgeingBucket;
  readonly isLate: boolean;
  readonly minor: bigint;
}

/** A promise in pieces, or what of it falls to a group. */
interface Pieces {
  readonly promise: PromiseRow;
  readonly pieces: readonly Piece[];
}

const lateBuckets: readonly AgeingBucket[] = ageBuckets;

/** By how long each part has been due. */
function byLateness({ pledge, report }: Followed): Pieces {
  return { promise: pledge, pieces: ageingBuckets.map((bucket) => ({ bucket, isLate: lateBuckets.includes(bucket), minor: report.ageing[bucket] })) };
}

/** By the days since it was promised; what is overdue of it is told apart. */
function byAge(followed: Followed, today: Day): Pieces {
  const { pledge, report } = followed;
  const bucket = ageOf(pledge.on, today);
  const late = overdue(report.ageing);
  return { promise: pledge, pieces: [{ bucket, isLate: true, minor: late }, { bucket, isLate: false, minor: unpaidOf(followed) - late }] };
}

/** The groups with the largest unpaid amounts first; their figures sum to the total. */
function agedTable(promises: readonly Pieces[], by: AgeingGrouping, write: (minor: bigint) => string) {
  const groups = largestFirst(promises.flatMap((one) => inGroups(one, by)), (parts) => sumOf(parts.flatMap(({ pieces }) => pieces).map(({ minor }) => minor)));
  return { total: agedFigures(promises, write), rows: groups.map(([key, parts]) => ({ key, ...agedFigures(parts, write) })) };
}

function inGroups(one: Pieces, by: AgeingGrouping): readonly (Pieces & { readonly key: string })[] {
  const { promise, pieces } = one;
  switch (by) {
    case 'donor':
      return [{ ...one, key: promise.donorId }];
    case 'mechanism':
      return [{ ...one, key: promise.mechanism }];
    case 'fund':
      return [{ ...one, key: promise.fundId ?? NOT_SPECIFIED }];
    case 'state': {
      const states = stateParts(promise);
      const minors = pieces.map(({ minor }) => minor);
      const shares = shareOut(minors, allocate(sumOf(minors), states.map(({ weight }) => weight)));
      return states.map(({ state }, index) => ({ promise, key: state, pieces: pieces.map((piece, at) => ({ ...piece, minor: shares[at]?.[index] ?? 0n })) }));
    }
  }
}

function agedFigures(promises: readonly Pieces[], write: (minor: bigint) => string): AgedFigures {
  const pieces = promises.flatMap((one) => one.pieces);
  const sum = (counts: (piece: Piece) => boolean) => write(sumOf(pieces.filter(counts).map(({ minor }) => minor)));
  const aged = ageingBuckets.map((bucket) => [bucket, sum((piece) => piece.bucket === bucket)]);
  return { promises: promises.length, unpaid: sum(() => true), late: sum(({ isLate }) => isLate), ageing: Object.fromEntries(aged) as AgedFigures['ageing'] };
}

function listed({ id, isPledge, reference, donorId, recipientId, mechanism, fundId, countries, restricted }: PromiseRow): ListedPromise {
  return { stage: isPledge ? 'pledge' : 'commitment', id, reference, donorId, recipientId, mechanism, fundId, countries, restricted };
}

function unpaidRows({ pledge, report }: Followed, today: Day, write: (minor: bigint) => string, writeOwn: (minor: bigint) => string): readonly UnpaidRow[] {
  return agedParts(pledge, today, report.ageing).map(({ dueOn, daysLate, bucket, minor, reportMinor }) => ({
    ...listed(pledge),
    dueOn,
    daysLate,
    bucket,
    unpaid: { amount: writeOwn(minor), currency: pledge.currency },
    converted: pledge.hasRate ? write(reportMinor) : null,
  }));
}

function undisbursedRow(followed: Followed, today: Day, write: (minor: bigint) => string, writeOwn: (minor: bigint) => string): UndisbursedRow {
  const { pledge, own, report } = followed;
  const money = (minor: bigint) => ({ amount: writeOwn(minor), currency: pledge.currency });
  return {
    ...listed(pledge),
    committedOn: pledge.on,
    days: daysBetween(pledge.on, today),
    bucket: ageOf(pledge.on, today),
    committed: money(own.pledged),
    paid: money(own.paid),
    undisbursed: money(own.pledged - own.paid),
    converted: pledge.hasRate ? write(unpaidOf(followed)) : null,
    late: pledge.hasRate ? write(overdue(report.ageing)) : null,
  };
}

/** The most days first, equal ones in the order of their references. */
function longestFirst<Row extends { readonly reference: string }>(daysOf: (row: Row) => number) {
  return (a: Row, b: Row) => daysOf(b) - daysOf(a) || (a.reference < b.reference ? -1 : Number(a.reference > b.reference));
}

function groupNames(by: AgeingGrouping, reference: Reference, labels: Labels): ReadonlyMap<string, Named> {
  return { donor: labels.organisations, state: reference.countries, mechanism: reference.mechanisms, fund: labels.funds }[by];
}

/** Of each table the groups and the total, then what is behind them one by one. */
function csvOf(result: AgeingResult, language: Language): ViewTable {
  const { currency, instalments, undisbursed, labels } = result;
  const inCurrency = (key: PromiseReportText) => text(language, 'column.inCurrency', { name: text(language, key), currency });
  const header = [
    ...(['column.part', 'column.name'] as const).map((key) => text(language, key)),
    ...(['reference', 'donor', 'recipient'] as const).map((key) => mechanismFigureText(language, key)),
    ...(['column.since', 'column.days', 'column.ownCurrency', 'column.unpaidOwn', 'column.promises'] as const).map((key) => text(language, key)),
    ...[inCurrency('column.unpaid'), inCurrency('column.late')],
    ...ageingBuckets.map((bucket) => inCurrency(`bucket.${bucket}`)),
  ];
  const organisation = (id: string | null) => (id === null ? '' : (labels.organisations[id]?.[language] ?? id));
  const groups = (part: 'part.instalments' | 'part.undisbursed', { total, rows }: Pick<AgeingResult['undisbursed'], 'total' | 'rows'>) =>
    [...rows.map(({ key, ...figures }) => ({ name: labels.groups[key]?.[language] ?? key, figures })), { name: text(language, 'total'), figures: total }].map(({ name, figures }) => [
      text(language, part), name, ...Array<string>(7).fill(''), String(figures.promises), figures.unpaid, figures.late, ...ageingBuckets.map((bucket) => figures.ageing[bucket]),
    ]); // prettier-ignore
  const single = (row: UnpaidRow | UndisbursedRow, part: PromiseReportText, since: Day | null, days: number, own: MoneyWire, late: string | null) => [
    text(language, part), '', row.reference, organisation(row.donorId), organisation(row.recipientId), since ?? '', String(days), own.currency, own.amount, '', row.converted ?? '', late ?? '',
    ...ageingBuckets.map((bucket) => (bucket === row.bucket ? (row.converted ?? '') : '')),
  ]; // prettier-ignore
  return {
    header,
    rows: [
      ...groups('part.instalments', instalments),
      ...instalments.parts.map((row) => single(row, 'part.instalment', row.dueOn, row.daysLate, row.unpaid, lateBuckets.includes(row.bucket) ? row.converted : null)),
      ...groups('part.undisbursed', undisbursed),
      ...undisbursed.commitments.map((row) => single(row, 'part.commitment', row.committedOn, row.days, row.undisbursed, row.late)),
    ],
  };
}
