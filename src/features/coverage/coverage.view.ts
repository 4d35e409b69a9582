import { type CoverageCell, type CoverageGrouping, coverageOf, coverageTable, type Funding, gapOf, placing, requirementsOf } from '../../domain/coverage.js';
import { exponentOf, type Exponents, formatMinor } from '../../domain/money.js';
import { bothNames, type Named, type Reference } from '../../domain/reference.js';
import { regionalGroups } from '../../domain/regional.js';
import { NOT_SPECIFIED, SHARED } from '../../domain/report.js';
import { moneyOf } from '../../http/wire.js';
import { type CoverageText, coverageText, coverageTexts } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import type { View, ViewTable } from '../reports/view.js';
import { type CoverageFacts, coverageFacts } from './coverage-facts.js';
import { type CoverageQuestion, coverageQuestion, type CoverageResult } from './coverage.schema.js';
import { coverageLook, journalLinesOf } from './coverage.store.js';
import { planCoverageDocument } from './plan-coverage.document.js';

type Published = CoverageResult['rows'][number]['published'][number];

/** What plans require, what was committed and paid to them, and what is missing (DESIGN, rule 11). */
export const planCoverage = {
  kind: 'plan_coverage',
  question: coverageQuestion,
  async compute({ tx, reference, asOf, scope }, question): Promise<CoverageResult> {
    const facts = await coverageFacts({ tx, reference, asOf, restricted: scope.restricted, later: false }, question);
    const { groupBy, currency } = question;
    const { plans, selection, profiles, groups } = facts;
    const write = writerOf(currency, reference.exponents);
    const table = coverageTable(groupBy, plans, selection, profiles);
    const special = (code: string) => {
      const found = table.rows.get(code);
      return found ? write.cell(found) : null;
    };
    const single = [...table.rows].filter(([code]) => code !== SHARED && code !== NOT_SPECIFIED);
    const rows: CoverageResult['rows'] = [];
    for (const [code, cell] of single) {
      const published = groupBy === 'plan' ? await publishedOf(code, cell, facts, question, reference) : [];
      rows.push({ code, name: nameOf(groupBy, code, facts, reference), ...write.cell(cell), published });
    }
    const without = table.plans.filter((plan) => requirementsOf(plan, selection) === null).map(({ code }) => code);
    return {
      kind: 'plan_coverage',
      asOf,
      currency,
      groupBy,
      membershipOn: facts.membershipOn,
      countries: selection.countries && [...selection.countries],
      years: selection.years && [...selection.years],
      plans: selection.plans && [...selection.plans],
      notes: { fr: notesOf('fr', facts, without), en: notesOf('en', facts, without) },
      rows,
      shared: special(SHARED),
      notSpecified: special(NOT_SPECIFIED),
      total: write.cell(table.total),
      outsidePlans: write.funding(table.outsidePlans),
      beyond: write.funding(table.beyond),
      groups: regionalGroups.map((group) => {
        const { total, outsidePlans, beyond } = coverageTable('plan', plans, { ...selection, countries: groups[group] }, profiles);
        return {
          group,
          name: coverageTexts(`group.${group}`),
          states: [...groups[group]],
          total: write.cell(total),
          outsidePlans: write.funding(outsidePlans),
          beyond: write.funding(beyond),
        };
      }),
      publishedOutsidePlans: facts.published
        .filter((row) => row.planId === null && isAsked(row, facts) && selection.plans === null)
        .map(({ source, country, year, fundingMinor, currency: own, asOf: day }) => ({
          source,
          country,
          year,
          funding: fundingMinor === null ? null : moneyOf(fundingMinor, own, reference.exponents),
          asOf: day,
        })),
      withoutRequirements: without,
      unconverted: table.plans.flatMap(({ code }) => {
        const row = facts.unconverted.get(code);
        return row ? [{ plan: code, amount: moneyOf(row.amountMinor, row.currency, reference.exponents), asOf: row.asOf }] : [];
      }),
      leftOut: leftOutOf(facts, groupBy),
    };
  },
  table: tableOf,
  document: planCoverageDocument,
  // Of what is in the total; a fund's allocations and transfers are movements of its own book.
  async lines({ tx, reference, asOf, scope }, question) {
    const { plans, selection, profiles, lookup } = await coverageFacts({ tx, reference, asOf, restricted: scope.restricted, later: false }, question);
    const place = placing(question.groupBy, plans, selection);
    const counted = profiles.filter((profile) => profile.reason === null && place(profile)?.part === 'row');
    return { book: 'journal', condition: journalLinesOf(coverageLook(lookup), counted.map(({ key }) => key)), currency: question.currency, openInTotal: true };
  },
} as const satisfies View<CoverageQuestion, CoverageResult>;

/** How amounts are written in a currency. */
function writerOf(currency: string, exponents: Exponents) {
  const exponent = exponentOf(currency, exponents);
  const text = (minor: bigint) => formatMinor(minor, exponent);
  const orNull = (minor: bigint | null) => (minor === null ? null : text(minor));
  const count = (people: bigint | null) => (people === null ? null : Number(people));
  const funding = ({ direct, throughFunds, paid, lines }: Funding) => ({
    funded: text(direct + throughFunds),
    direct: text(direct),
    throughFunds: text(throughFunds),
    paid: text(paid),
    notYetPaid: text(direct + throughFunds - paid),
    lines,
  });
  const cell = (found: CoverageCell) => {
    const funded = found.direct + found.throughFunds;
    return {
      requirements: orNull(found.requirements),
      ...funding(found),
      gap: orNull(gapOf(funded, found.requirements)),
      coverage: coverageOf(funded, found.requirements),
      inNeed: count(found.inNeed),
      targeted: count(found.targeted),
      reached: count(found.reached),
    };
  };
  return { funding, cell };
}

function nameOf(groupBy: CoverageGrouping, code: string, { planRows }: CoverageFacts, { sectors, countries, beneficiaryGroups }: Reference): Record<Language, string> {
  const list: ReadonlyMap<string, Named> = { plan: planRows, sector: sectors, state: countries, group: beneficiaryGroups }[groupBy];
  const names = list.get(code);
  return bothNames(names, code);
}

function isAsked({ country, year }: { readonly country: string; readonly year: number }, { selection: { countries, years } }: CoverageFacts): boolean {
  return (countries === null || countries.includes(country)) && (years === null || years.includes(year));
}

/** What sources publish of a plan, beside our figure; compared where the publication is about all of it that was asked. */
async function publishedOf(
  code: string,
  cell: CoverageCell,
  { planRows, published, selection: { countries }, books }: CoverageFacts,
  { currency }: CoverageQuestion,
  { exponents }: Reference,
): Promise<Published[]> {
  const plan = planRows.get(code);
  const rows = published.filter((row) => row.planId !== null && row.planId === plan?.id && (countries === null || countries.includes(row.country)));
  const asked = (plan?.countries ?? []).filter((country) => countries === null || countries.includes(country));
  const answers: Published[] = [];
  for (const row of rows) {
    const { source, country, year, percent, asOf, requirementsMinor, fundingMinor } = row;
    const money = (minor: bigint | null) => (minor === null ? null : moneyOf(minor, row.currency, exponents));
    const comparable = asked.every((one) => one === country) && rows.filter((other) => other.source === source).length === 1;
    const theirs = fundingMinor !== null && comparable ? await books.convert(fundingMinor, row.currency, currency, asOf) : null;
    const difference = theirs === null ? null : formatMinor(cell.direct + cell.throughFunds - theirs, exponentOf(currency, exponents));
    answers.push({ source, country, year, requirements: money(requirementsMinor), funding: money(fundingMinor), percent, asOf, difference });
  }
  return answers;
}

function notesOf(language: Language, { selection, membershipOn, unconverted, lookup }: CoverageFacts, without: readonly string[]): string[] {
  const keys: CoverageText[] = [
    'note.numerator', 'note.funds', 'note.internal', 'note.shared', 'note.outsidePlans', 'note.beyond', 'note.requirements', 'note.coverage', 'note.paid',
  ]; // prettier-ignore
  const say = (key: CoverageText, values: Readonly<Record<string, string>> = {}) => coverageText(language, key, values);
  const unknown = [...unconverted.keys()].filter((code) => without.includes(code) && (selection.plans === null || selection.plans.includes(code)));
  return [
    ...keys.map((key) => say(key)),
    say('note.membership', { day: membershipOn }),
    say('note.published'),
    say(lookup.restricted ? 'note.restricted.included' : 'note.restricted.hidden'),
    ...(without.length > 0 ? [say('note.withoutRequirements', { plans: without.join(', ') })] : []),
    ...(unknown.length > 0 ? [say('note.unconverted', { plans: unknown.join(', ') })] : []),
  ];
}

function leftOutOf({ plans, selection, profiles }: CoverageFacts, groupBy: CoverageGrouping): CoverageResult['leftOut'] {
  const place = placing(groupBy, plans, selection);
  return countByReason(profiles.filter((profile) => place(profile) !== undefined));
}

/** How many lines do not count, by reason, in the order of the reasons. */
export function countByReason(profiles: readonly { readonly reason: string | null; readonly lines: number }[]): CoverageResult['leftOut'] {
  const counts = new Map<string, number>();
  for (const { reason, lines } of profiles) if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + lines);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, lines]) => ({ reason, lines, text: coverageTexts(`reason.${reason}` as CoverageText) }));
}

function tableOf(result: CoverageResult, language: Language): ViewTable {
  const { currency, groupBy } = result;
  const columns = ['requirements', 'funded', 'direct', 'throughFunds', 'paid', 'notYetPaid', 'gap', 'coverage', 'inNeed', 'targeted', 'lines'] as const;
  const header = [
    coverageText(language, 'column.code'),
    coverageText(language, `grouping.${groupBy}`),
    ...columns.map((column) => coverageText(language, `column.${column}`, { currency })),
  ];
  type Cell = Partial<CoverageResult['total']>;
  const textOf = (cell: Cell, column: (typeof columns)[number]) => (column === 'coverage' ? (cell.coverage?.exact ?? '') : String(cell[column] ?? ''));
  const row = (code: string, name: string, cell: Cell) => [code, name, ...columns.map((column) => textOf(cell, column))];
  const special = (key: CoverageText, code: string, cell: Cell | null) => (cell ? [row(code, coverageText(language, key), cell)] : []);
  return {
    header,
    rows: [
      ...result.rows.map((cell) => row(cell.code, cell.name[language], cell)),
      ...special(`row.shared.${groupBy}`, SHARED, result.shared),
      ...special('row.notSpecified', NOT_SPECIFIED, result.notSpecified),
      ...special('row.total', '', result.total),
      ...special('row.outsidePlans', '', result.outsidePlans),
      ...special('row.beyond', '', result.beyond),
      ...result.groups.map(({ name, total }) => row('', name[language], total)),
    ],
  };
}

