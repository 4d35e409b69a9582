import { shareOut } from '../../domain/ageing.js';
import { ageing, ageingBuckets, promiseDays, type PromiseStatus, sumOf } from '../../domain/mechanism-figures.js';
import { allocate, divideHalfUp, exponentOf, formatMinor } from '../../domain/money.js';
import type { Named } from '../../domain/reference.js';
import { NOT_SPECIFIED, ratioOf } from '../../domain/report.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText, type MechanismFigureText } from '../../i18n/mechanism-figures.js';
import { promiseReportText as text } from '../../i18n/promise-reports.js';
import { addFigures, type Figures, type Followed, followedOf, followUpRowOf, reversedRowOf, totalsOf, withKept, writeFigures } from '../mechanism-figures/follow-up.js';
import { countNote, notesOf } from '../mechanism-figures/notes.js';
import { findPledged, linesOfPledges, type PromiseRow } from '../mechanism-figures/promises.store.js';
import { percentOf } from '../reports/artefacts.js';
import { type Labels, labelsAt } from '../reports/labels.store.js';
import type { View, ViewContext, ViewTable } from '../reports/view.js';
import { fulfilmentDocument } from './pledge-fulfilment.document.js';
import { largestFirst, namesOf, stateParts, withFamilies, withOwn } from './promise-groups.js';
import { type FulfilmentFigures, type FulfilmentGrouping, fulfilmentQuestion, type FulfilmentQuestion, type FulfilmentResult } from './promise-reports.schema.js';
import { asked, eventNames } from './promise-reports.store.js';

/** What became of what was pledged: committed, paid, kept or late, and how fast. */
export const pledgeFulfilment = {
  kind: 'pledge_fulfilment',
  question: fulfilmentQuestion,
  async compute({ tx, reference, asOf, scope }, question): Promise<FulfilmentResult> {
    const { groupBy, currency, filters } = question;
    const labels = await labelsAt(tx, asOf);
    const found = (await findPledged(tx, { asOf, scope, currency }, asked(withFamilies(filters, labels)))).map((pledge) => withKept(pledge, labels.mergedInto));
    const crossing = found.filter(({ internal }) => !internal);
    const followed = crossing.filter(({ minor }) => minor > 0n).map((pledge) => followedOf(pledge, asOf.slice(0, 10)));
    const reversed = crossing.filter(({ minor }) => minor <= 0n);
    const leftOut = { internal: found.length - crossing.length, unconverted: followed.filter(({ pledge }) => !pledge.hasRate).length };
    const writer = (code: string) => (minor: bigint) => formatMinor(minor, exponentOf(code, reference.exponents));
    const write = writer(currency);
    const groups = largestFirst(followed.flatMap((one) => partsOf(one, groupBy)), (parts) => sumOf(parts.map(({ figures }) => figures.pledged)));
    if (groupBy === 'year') groups.sort(([a], [b]) => (a < b ? -1 : 1));
    const keys = groups.map(([key]) => key);
    const byOutstanding = largestFirst(followed.map((one) => ({ ...whole(one), key: one.pledge.reference })), (one) => sumOf(one.map(({ figures }) => figures.pledged - figures.converted)));
    return {
      kind: 'pledge_fulfilment',
      asOf,
      currency,
      groupBy,
      filters,
      notes: withOwn(['note.fulfilment', ...(groupBy === 'state' ? (['note.split'] as const) : [])], notesOf(
        [
          'note.promises', 'note.followUpRates', 'note.days', 'note.ageing', 'note.statuses', 'note.reversed',
          ...countNote('note.internal', leftOut.internal), ...countNote('note.unconverted', leftOut.unconverted),
        ],
        scope,
      )), // prettier-ignore
      total: { ...figuresOf(followed.map(whole), write), journal: totalsOf(followed, write).journal },
      rows: groups.map(([key, parts]) => ({ key, ...figuresOf(parts, write) })),
      pledges: byOutstanding.flatMap(([, same]) => same.map(({ followed: one }) => ({ ...followUpRowOf(one, write, writer(one.pledge.currency)), eventId: one.pledge.eventId }))),
      reversed: reversed.map((pledge) => reversedRowOf(pledge, writer(pledge.currency))),
      labels: {
        groups: namesOf(keys, await groupNames({ tx, reference, asOf, scope }, groupBy, keys, labels), groupBy === 'event' ? 'none.event' : undefined),
        organisations: namesOf(crossing.flatMap(({ donorId, recipientId }) => [donorId, recipientId]), labels.organisations),
        mechanisms: namesOf(crossing.map(({ mechanism }) => mechanism), reference.mechanisms),
      },
      leftOut,
    };
  },
  table: tableOf,
  document: fulfilmentDocument,
  async lines({ tx, asOf, scope }, { currency, filters }) {
    return { book: 'journal', currency, condition: linesOfPledges({ scope, currency }, asked(withFamilies(filters, await labelsAt(tx, asOf)))) };
  },
} as const satisfies View<FulfilmentQuestion, FulfilmentResult>;

/** What of a pledge falls to a group; `figures` in the currency of the report. */
interface Part {
  readonly key: string;
  readonly followed: Followed;
  readonly figures: Figures;
  /** The pledge with what of the weight of its commitments falls to the group. */
  readonly weighed: PromiseRow;
}

const whole = (followed: Followed): Part => ({ key: '', followed, figures: followed.report, weighed: followed.pledge });

function partsOf(followed: Followed, groupBy: FulfilmentGrouping): readonly Part[] {
  const { pledge } = followed;
  switch (groupBy) {
    case 'donor':
      return [{ ...whole(followed), key: pledge.donorId }];
    case 'mechanism':
      return [{ ...whole(followed), key: pledge.mechanism }];
    case 'event':
      return [{ ...whole(followed), key: pledge.eventId ?? NOT_SPECIFIED }];
    case 'year':
      return [{ ...whole(followed), key: pledge.on.slice(0, 4) }];
    case 'state':
      return byState(followed);
  }
}

/** A pledge by its split, so that the parts of every figure sum to it; what is paid or committed falls to the states as the pledge does. */
function byState(followed: Followed): readonly Part[] {
  const { pledge, report } = followed;
  const states = stateParts(pledge);
  const weights = states.map(({ weight }) => weight);
  const pledged = allocate(report.pledged, weights);
  const [converted = []] = shareOut([report.converted], pledged);
  const [paid = [], ...unpaid] = shareOut([report.paid, ...ageingBuckets.map((bucket) => report.ageing[bucket])], pledged);
  return states.map(({ state, weight }, index) => ({
    key: state,
    followed,
    figures: {
      pledged: pledged[index] ?? 0n,
      converted: converted[index] ?? 0n,
      paid: paid[index] ?? 0n,
      ageing: ageing((bucket) => unpaid[ageingBuckets.indexOf(bucket)]?.[index] ?? 0n),
    },
    weighed: { ...pledge, commitments: pledge.commitments.map((one) => ({ ...one, usdMinor: divideHalfUp(one.usdMinor * weight, sumOf(weights)) })) },
  }));
}

function figuresOf(parts: readonly Part[], write: (minor: bigint) => string): FulfilmentFigures {
  const sums = addFigures(parts.map(({ figures }) => figures));
  const { pledged, converted, paid, outstanding, unpaid, late } = writeFigures(sums, write);
  const count = (status: Followed['status']) => parts.filter(({ followed }) => followed.status === status).length;
  return {
    pledges: parts.length,
    pledged, converted, paid, outstanding, unpaid, late, // prettier-ignore
    conversionRate: ratioOf(sums.converted, sums.pledged),
    fulfilmentRate: ratioOf(sums.paid, sums.pledged),
    statuses: { kept: count('kept'), in_part: count('in_part'), not_yet: count('not_yet'), late: count('late') },
    days: promiseDays(parts.map(({ weighed }) => weighed)),
  };
}

async function groupNames({ tx, reference, asOf }: ViewContext, groupBy: FulfilmentGrouping, keys: readonly string[], labels: Labels): Promise<ReadonlyMap<string, Named>> {
  switch (groupBy) {
    case 'donor':
      return labels.organisations;
    case 'mechanism':
      return reference.mechanisms;
    case 'state':
      return reference.countries;
    case 'event':
      return eventNames(tx, keys.filter((key) => key !== NOT_SPECIFIED), asOf);
    case 'year':
      return new Map();
  }
}

/** The groups, then the pledges one by one, the total last. */
function tableOf({ currency, groupBy, rows, pledges, reversed, total, labels }: FulfilmentResult, language: Language): ViewTable {
  const say = (...keys: readonly MechanismFigureText[]) => keys.map((key) => mechanismFigureText(language, key, { currency }));
  const header = [
    text(language, 'column.part'),
    text(language, 'column.name'),
    ...say('reference', 'donor', 'status', 'pledgedOn', 'currency', 'pledgedOwn', 'convertedOwn', 'paidOwn', 'pledges', 'pledged', 'converted', 'paid', 'outstanding', 'unpaid'),
    text(language, 'column.inCurrency', { name: text(language, 'column.late'), currency }),
    ...say('conversionRate', 'fulfilmentRate'),
    ...(['kept', 'in_part', 'not_yet', 'lateCount'] as const).map((key) => text(language, `column.${key}`)),
    ...say('daysToCommitment', 'daysToFirstPayment', 'commitmentToFirstPayment'),
  ];
  const days = (count: number | null) => (count === null ? '' : String(count));
  const none = (count: number) => Array<string>(count).fill('');
  const amounts = (of: Pick<FulfilmentFigures, 'pledged' | 'converted' | 'paid' | 'outstanding' | 'unpaid' | 'late'>) => [of.pledged, of.converted, of.paid, of.outstanding, of.unpaid, of.late];
  const group = (part: string, name: string, figures: FulfilmentFigures) => [
    part, name, ...none(8), String(figures.pledges), ...amounts(figures), percentOf(figures.conversionRate), percentOf(figures.fulfilmentRate),
    ...(['kept', 'in_part', 'not_yet', 'late'] as const).map((status) => String(figures.statuses[status])),
    days(figures.days.pledgeToCommitment.median), '', days(figures.days.commitmentToFirstPayment.median),
  ]; // prettier-ignore
  const single = (reference: string, donorId: string, status: PromiseStatus, ...rest: readonly string[]) => {
    const cells = [text(language, 'part.pledge'), '', reference, labels.organisations[donorId]?.[language] ?? donorId, mechanismFigureText(language, `status.${status}`), ...rest];
    return [...cells, ...none(header.length - cells.length)];
  };
  return {
    header,
    rows: [
      ...rows.map(({ key, ...figures }) => group(text(language, `groupBy.${groupBy}`), labels.groups[key]?.[language] ?? key, figures)),
      ...pledges.map(({ reference, donorId, status, pledgedOn, currency: own, own: { pledged, converted, paid }, figures, daysToCommitment, daysToFirstPayment }) =>
        single(
          reference, donorId, status, pledgedOn, own, pledged, converted, paid, '', ...(figures ? amounts(figures) : none(6)), ...none(6), days(daysToCommitment),
          days(daysToFirstPayment),
        ), // prettier-ignore
      ),
      ...reversed.map(({ reference, donorId, status, amount }) => single(reference, donorId, status, '', amount.currency, amount.amount)),
      group(text(language, 'total'), '', total),
    ],
  };
}
