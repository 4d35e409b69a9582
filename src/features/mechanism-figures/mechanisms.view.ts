import { standingEvents } from '../../domain/instrument.js';
import { grouped } from '../../domain/mechanism-figures.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import { bothNames } from '../../domain/reference.js';
import { addSums, noSums, type Sums } from '../../domain/report.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText as text } from '../../i18n/mechanism-figures.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import { Prisma } from '../../platform/db.js';
import { percentOf } from '../reports/artefacts.js';
import { countedLines, groupedSums, leftOutCounts, type ReportQuestion } from '../reports/reports.store.js';
import type { View, ViewContext, ViewTable } from '../reports/view.js';
import { type MechanismRow, type MechanismsAnswer, mechanismsQuestion, type MechanismsQuestion } from './mechanism-figures.schema.js';
import { converterAt, fundCosts, type InstrumentFigures, instrumentsAt, valuationSources } from './mechanism-figures.store.js';
import { type MechanismFacts, mechanismRowOf, sumsOf } from './mechanism-row.js';
import { mechanismsDocument } from './mechanisms.document.js';
import { countNote, notesOf } from './notes.js';
import { findPlannedAlone, findPledged, matching } from './promises.store.js';

/** Which mechanism keeps its promises, how fast, and at what cost. */
export const mechanisms = {
  kind: 'mechanisms',
  question: mechanismsQuestion,
  async compute(context, asked): Promise<MechanismsAnswer> {
    const { tx, reference, asOf, scope } = context;
    const { currency, from, to, countries } = asked;
    const { exponents } = reference;
    const sight = { asOf, scope, currency };
    const facts = await factsOf(context, asked);
    const instruments = (await instrumentsAt(tx, asOf)).filter((one) => !countries || one.countries.some((code) => countries.includes(code)));
    const dated = instruments.flatMap((one) => [
      { currency: one.currency, day: one.startsOn },
      ...standingEvents(one.events).flatMap(({ amountMinor, occurredOn }) => (amountMinor === null ? [] : [{ currency: one.currency, day: occurredOn }])),
    ]);
    const convert = await converterAt(tx, dated, { asOf, currency }, exponents);
    const unconverted = dated.filter((one) => convert(1n, one.currency, one.day) === null).length;
    const write = (minor: bigint) => formatMinor(minor, exponentOf(currency, exponents));
    const form = { today: asOf.slice(0, 10), filter: asked, exponents, convert, write };
    // Fees name no donor: who sees the deposits only would take the funds for free.
    const charges = scope.all || scope.states.length > 0 ? await fundCosts(tx, sight, asked) : null;
    const codes = new Set([...facts.keys(), ...instruments.map(({ mechanism }) => mechanism), ...(charges?.deposits ? ['pooled_fund'] : [])]);
    const sumsBy = (code: string) => facts.get(code)?.sums ?? noSums;
    const sorted = [...codes].sort((a, b) => compare(sumsBy(b).committed, sumsBy(a).committed) || compare(a, b));
    return {
      kind: 'mechanisms',
      asOf,
      currency,
      from: from ?? null,
      to: to ?? null,
      countries: countries ?? null,
      notes: notesOf(
        [
          'note.totals', 'note.execution', 'note.promises', 'note.days', 'note.chain', 'note.predictability', 'note.cost', 'note.loans', 'note.swaps', 'note.events',
          ...countNote('note.unconvertedEvents', unconverted),
        ],
        scope,
      ), // prettier-ignore
      total: sumsOf([...facts.values()].reduce((sum, { sums }) => addSums(sum, sums), noSums), form),
      rows: sorted.map((code) => mechanismRowOf(code, completed(code, facts.get(code), instruments, charges), form)),
      labels: Object.fromEntries(sorted.map((code) => [code, bothNames(reference.mechanisms.get(code), code)])),
      leftOut: (await leftOutCounts(tx, reportQuestion(context, asked))).map(({ reason, lines }) => ({ reason, lines, text: { fr: reasonText('fr', reason), en: reasonText('en', reason) } })),
    };
  },
  table: tableOf,
  document: mechanismsDocument,
  lines: (context, asked) => Promise.resolve({ book: 'journal', condition: countedLines(reportQuestion(context, asked)), currency: asked.currency }),
} as const satisfies View<MechanismsQuestion, MechanismsAnswer>;

type FlowFacts = Omit<MechanismFacts, 'instruments' | 'fundCosts'>;

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function completed(code: string, facts: FlowFacts | undefined, instruments: readonly InstrumentFigures[], charges: MechanismFacts['fundCosts']): MechanismFacts {
  const none = { sums: noSums, inKind: noSums, technicalAssistance: noSums, valuations: [], promises: [] };
  return { ...(facts ?? none), instruments: instruments.filter(({ mechanism }) => mechanism === code), fundCosts: code === 'pooled_fund' ? charges : null };
}

/** What the journal knows, by mechanism. */
async function factsOf(context: ViewContext, asked: MechanismsQuestion): Promise<ReadonlyMap<string, FlowFacts>> {
  const { tx, asOf, scope } = context;
  const sight = { asOf, scope, currency: asked.currency };
  const sums = await sumsByMechanism(context, asked);
  const inKind = await sumsByMechanism(context, asked, 'in_kind');
  const technicalAssistance = await sumsByMechanism(context, asked, 'technical_assistance');
  const valuations = await valuationSources(tx, sight, asked);
  const condition = Prisma.sql`f.boundary = 'crossing' AND ${matching('f', asked)}`;
  const found = [...(await findPledged(tx, sight, condition)), ...(await findPlannedAlone(tx, sight, condition))];
  const promises = grouped(found.filter(({ minor, hasRate }) => minor > 0n && hasRate), ({ mechanism }) => mechanism);
  const codes = new Set([...sums.keys(), ...promises.keys()]);
  return new Map(
    [...codes].map((code) => [
      code,
      {
        sums: sums.get(code) ?? noSums,
        inKind: inKind.get(code) ?? noSums,
        technicalAssistance: technicalAssistance.get(code) ?? noSums,
        valuations: valuations.filter(({ mechanism }) => mechanism === code),
        promises: promises.get(code) ?? [],
      },
    ]),
  );
}

async function sumsByMechanism(context: ViewContext, asked: MechanismsQuestion, type?: 'in_kind' | 'technical_assistance'): Promise<ReadonlyMap<string, Sums>> {
  const cells = await groupedSums(context.tx, reportQuestion(context, asked, type));
  return new Map(cells.map(({ key, sums }) => [key[0] ?? '', sums]));
}

function reportQuestion({ asOf, scope }: ViewContext, { currency, from, to, countries }: MechanismsQuestion, type?: 'in_kind' | 'technical_assistance'): ReportQuestion {
  const filters = {
    restricted: 'included',
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(countries && { countries: [...countries] }),
    ...(type && { contributionTypes: [type] }),
  } as const;
  return { groupBy: ['mechanism'], currency, asOf, scope, filters };
}

function reasonText(language: Language, reason: string): string {
  return reportText(language, `reason.${reason}` as ReportText);
}

function tableOf({ currency, rows, labels, total }: MechanismsAnswer, language: Language): ViewTable {
  const titles = [
    'code', 'mechanism', 'pledged', 'committed', 'disbursed', 'executionRate', 'lines', 'pledges', 'conversionRate', 'fulfilmentRate', 'pledgeToCommitment',
    'commitmentToFirstPayment', 'commitmentToFullPayment', 'triggerToActivation', 'activationToPayout', 'triggerToPayout', 'planned', 'actual', 'predictability',
    'costDefinition', 'costShare', 'loanFace', 'loanGrant', 'swapFace', 'swapDiscount', 'swapReleased', 'inKind', 'technicalAssistance',
  ] as const; // prettier-ignore
  const header = titles.map((title) => text(language, title, { currency }));
  const amounts = ({ pledged, committed, disbursed, executionRate, lines }: Pick<MechanismRow, 'pledged' | 'committed' | 'disbursed' | 'executionRate' | 'lines'>) =>
    [pledged, committed, disbursed, percentOf(executionRate), String(lines)];
  const cells = (row: MechanismRow) => [
    row.mechanism,
    labels[row.mechanism]?.[language] ?? row.mechanism,
    ...amounts(row),
    String(row.promises.pledges),
    percentOf(row.promises.conversionRate),
    percentOf(row.promises.fulfilmentRate),
    ...Object.values(row.days).map(({ median }) => (median === null ? '' : String(median))),
    row.predictability?.planned ?? '',
    row.predictability?.actual ?? '',
    percentOf(row.predictability?.rate ?? null),
    row.cost ? text(language, `cost.${row.cost.definition}`) : text(language, 'notRecorded'),
    percentOf(row.cost?.share ?? null),
    row.loans?.faceValue ?? '',
    row.loans?.grantElement ?? '',
    row.swaps?.faceValue ?? '',
    row.swaps?.discount ?? '',
    row.swaps?.releasedFunds ?? '',
    row.inKind?.committed ?? '',
    row.technicalAssistance?.committed ?? '',
  ];
  const last = [text(language, 'total'), '', ...amounts(total)];
  return { header, rows: [...rows.map(cells), [...last, ...titles.slice(last.length).map(() => '')]] };
}
