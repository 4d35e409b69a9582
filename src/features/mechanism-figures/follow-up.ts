import { type Day, daysBetween } from '../../domain/days.js';
import {
  type Ageing, ageing, ageingBuckets, ageingInProportion, ageingOf, atPromiseRate, bucketOf, committedOf, firstPayment, overdue, paidOf, paidOn, type PromiseStatus, scheduleOf, statusOf, sumOf,
} from '../../domain/mechanism-figures.js'; // prettier-ignore
import { keptRecord } from '../../domain/report.js';
import type { FollowUpRow, ForumAnswer } from './mechanism-figures.schema.js';
import type { PromiseRow } from './promises.store.js';

/** What became of a promise, in minor units of one currency. */
export interface Figures {
  readonly pledged: bigint;
  readonly converted: bigint;
  readonly paid: bigint;
  readonly ageing: Ageing;
}

/** A pledge with what became of it in its own currency and, at its own rate, in the one asked for. */
export interface Followed {
  readonly pledge: PromiseRow;
  readonly today: Day;
  readonly status: Exclude<PromiseStatus, 'reversed'>;
  readonly own: Figures;
  readonly report: Figures;
}

/** A promise with its donor and recipient as they were kept. */
export function withKept(promise: PromiseRow, mergedInto: ReadonlyMap<string, string>): PromiseRow {
  const { donorId, recipientId } = promise;
  return { ...promise, donorId: keptRecord(donorId, mergedInto), recipientId: recipientId && keptRecord(recipientId, mergedInto) };
}

/** What became of a pledge by a day. */
export function followedOf(pledge: PromiseRow, today: Day): Followed {
  const own = { pledged: pledge.minor, converted: committedOf(pledge), paid: paidOf(pledge), ageing: ageingOf(pledge, today) };
  const paid = atPromiseRate(pledge, own.paid);
  const report = { pledged: pledge.reportMinor, converted: atPromiseRate(pledge, own.converted), paid, ageing: ageingInProportion(pledge.reportMinor - paid, own.ageing) };
  return { pledge, today, status: statusOf(pledge, today), own, report };
}

type Write = (minor: bigint) => string;

/** Σ of figures in one currency. */
export function addFigures(all: readonly Figures[]): Figures {
  const sum = (of: (figures: Figures) => bigint) => sumOf(all.map(of));
  return { pledged: sum((one) => one.pledged), converted: sum((one) => one.converted), paid: sum((one) => one.paid), ageing: ageing((bucket) => sum((one) => one.ageing[bucket])) };
}

/** Σ in one original currency. */
export function ownFigures(rows: readonly Pick<Followed, 'own'>[]): Figures {
  return addFigures(rows.map(({ own }) => own));
}

/** Figures as decimal strings. */
export function writeFigures(figures: Figures, write: Write): FollowUpRow['own'] {
  const { pledged, converted, paid } = figures;
  const aged = ageingBuckets.map((bucket) => [bucket, write(figures.ageing[bucket])]);
  return {
    pledged: write(pledged),
    converted: write(converted),
    paid: write(paid),
    outstanding: write(pledged - converted),
    unpaid: write(pledged - paid),
    late: write(overdue(figures.ageing)),
    ageing: Object.fromEntries(aged) as FollowUpRow['own']['ageing'],
  };
}

/** Totals of the pledges that have a rate, in the currency asked for. */
export function totalsOf(rows: readonly Followed[], write: Write) {
  const known = rows.filter(({ pledge }) => pledge.hasRate);
  const commitments = known.flatMap(({ pledge }) => pledge.commitments);
  return { pledges: rows.length, figures: writeFigures(addFigures(known.map(({ report }) => report)), write), journal: journalOf(commitments, write) };
}

function journalOf(commitments: PromiseRow['commitments'], write: Write) {
  return { committed: write(sumOf(commitments.map(({ reportMinor }) => reportMinor))), paid: write(sumOf(commitments.map(({ paidReportMinor }) => paidReportMinor))) };
}

/** A pledge that is in no total, as it is answered; `writeOwn` is for its own currency. */
export function reversedRowOf({ id, reference, donorId, restricted, promisedMinor, currency }: PromiseRow, writeOwn: Write): ForumAnswer['reversed'][number] {
  return { pledgeId: id, reference, donorId, restricted, status: 'reversed', amount: { amount: writeOwn(promisedMinor), currency } };
}

/** A pledge as it is answered; `write` is for the currency asked for, `writeOwn` for the pledge's. */
export function followUpRowOf({ pledge, today, status, own, report }: Followed, write: Write, writeOwn: Write): FollowUpRow {
  const { id, reference, donorId, recipientId, mechanism, countries, restricted, on, currency, commitments } = pledge;
  const money = (minor: bigint) => ({ amount: writeOwn(minor), currency });
  const paidOnDays = commitments.flatMap((one) => firstPayment(one) ?? []).sort();
  const since = (day: Day | undefined) => (day === undefined ? null : daysBetween(on, day));
  return {
    pledgeId: id,
    reference,
    donorId,
    recipientId,
    mechanism,
    countries: [...countries],
    restricted,
    pledgedOn: on,
    currency,
    status,
    own: writeFigures(own, writeOwn),
    figures: pledge.hasRate ? writeFigures(report, write) : null,
    journal: journalOf(commitments, write),
    daysToCommitment: since(commitments.map((one) => one.on).sort()[0]),
    daysToFirstPayment: since(paidOnDays[0]),
    commitments: commitments.map((one) => ({ id: one.id, reference: one.reference, on: one.on, committed: money(one.minor), paid: money(paidOn(one)) })),
    instalments: scheduleOf(pledge).map(({ dueOn, minor, paidMinor }) => ({ dueOn, amount: money(minor), paid: money(paidMinor), bucket: paidMinor < minor ? bucketOf(dueOn, today) : null })),
  };
}
