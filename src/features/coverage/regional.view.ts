import { exponentOf, formatMinor } from '../../domain/money.js';
import { bothNames, type Reference } from '../../domain/reference.js';
import { BEYOND_RECEIPTS, type Receipts, regionalPartOf, regionalTable, SHARED_RECEIPTS, type StageSums } from '../../domain/regional.js';
import { type CoverageText, coverageText, coverageTexts } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import { asSystem } from '../../platform/tenant.js';
import type { View, ViewTable } from '../reports/view.js';
import { donorCountries, groupsOn, membershipDay, regionalFacts } from './coverage-facts.js';
import { type RegionalQuestion, regionalQuestion, type RegionalResult } from './coverage.schema.js';
import { regionalLines } from './coverage.store.js';
import { countByReason } from './coverage.view.js';
import { regionalDocument, widestGroup } from './regional.document.js';

/** What came into a group of states, what its states gave themselves, and what they were paid; internal transfers eliminated and shown (DESIGN, rule 3). */
export const regionalView = {
  kind: 'regional',
  question: regionalQuestion,
  async compute({ tx, reference, asOf, scope }, question): Promise<RegionalResult> {
    const { membershipOn, groups, profiles, lookup } = await regionalFacts({ tx, reference, asOf, restricted: scope.restricted, later: false }, question);
    const { currency, from, to } = question;
    const exponent = exponentOf(currency, reference.exponents);
    const text = (minor: bigint) => formatMinor(minor, exponent);
    const stages = ({ pledged, committed, paid, lines }: StageSums) => ({ pledged: text(pledged), committed: text(committed), paid: text(paid), lines });
    const receipt = (state: string, sums: Receipts) => ({
      state,
      name: receiverName(state, reference),
      outside: text(sums.outside),
      own: text(sums.own),
      betweenStates: text(sums.betweenStates),
      marked: text(sums.marked),
      fundTransfers: text(sums.fundTransfers),
      total: text(sums.outside + sums.own + sums.betweenStates + sums.marked + sums.fundTransfers),
    });
    const notes = (language: Language) => notesOf(language, membershipOn, lookup.restricted);
    const widest = question.groups.map((group) => groups[group]);
    return {
      kind: 'regional',
      asOf,
      currency,
      from: from ?? null,
      to: to ?? null,
      membershipOn,
      notes: { fr: notes('fr'), en: notes('en') },
      groups: question.groups.map((group) => {
        const { total, parts, receipts } = regionalTable(profiles, groups[group]);
        return {
          group,
          name: coverageTexts(`group.${group}`),
          states: [...groups[group]],
          total: stages(total),
          outside: stages(parts.outside),
          own: stages(parts.own),
          eliminated: { betweenStates: stages(parts.betweenStates), marked: stages(parts.marked), fundTransfers: stages(parts.fundTransfers) },
          beyond: stages(parts.beyond),
          receipts: [...receipts].map(([state, sums]) => receipt(state, sums)),
        };
      }),
      leftOut: countByReason(profiles.filter((profile) => widest.some((states) => regionalPartOf(profile, states) !== undefined))),
    };
  },
  table: tableOf,
  document: regionalDocument,
  // Of the total of one group: a line that counts for the members may be internal to all of them.
  async lines({ tx, reference, asOf, scope }, { groups, currency, from, to }) {
    const states = groupsOn(membershipDay(asOf, to), reference)[widestGroup(groups)];
    const countries = await asSystem(tx, () => donorCountries(tx, asOf));
    return { book: 'journal', condition: regionalLines({ states, donorCountries: countries, restricted: scope.restricted, currency, from, to }), currency, openInTotal: true };
  },
} as const satisfies View<RegionalQuestion, RegionalResult>;

function receiverName(state: string, { countries }: Reference): Record<Language, string> {
  if (state === SHARED_RECEIPTS) return coverageTexts('receipts.shared');
  if (state === BEYOND_RECEIPTS) return coverageTexts('receipts.beyond');
  const names = countries.get(state);
  return bothNames(names, state);
}

function notesOf(language: Language, day: string, restricted: boolean): string[] {
  const keys: CoverageText[] = ['note.regional.total', 'note.regional.eliminated', 'note.regional.funds', 'note.regional.shared', 'note.regional.stages', 'note.regional.donors'];
  return [
    ...keys.map((key) => coverageText(language, key)),
    coverageText(language, 'note.membership', { day }),
    coverageText(language, restricted ? 'note.restricted.included' : 'note.restricted.hidden'),
  ];
}

function tableOf({ currency, groups }: RegionalResult, language: Language): ViewTable {
  const say = (key: CoverageText, values: Readonly<Record<string, string>> = {}) => coverageText(language, key, { currency, ...values });
  const header = [say('column.group'), say('column.part'), say('column.pledged'), say('column.committed'), say('column.paid'), say('column.lines')];
  const rows = groups.flatMap((group) => {
    const name = group.name[language];
    const stages = (key: CoverageText, { pledged, committed, paid, lines }: typeof group.total) => [name, say(key), pledged, committed, paid, String(lines)];
    return [
      stages('part.outside', group.outside),
      stages('part.own', group.own),
      stages('part.total', group.total),
      stages('part.betweenStates', group.eliminated.betweenStates),
      stages('part.marked', group.eliminated.marked),
      stages('part.fundTransfers', group.eliminated.fundTransfers),
      stages('part.beyond', group.beyond),
      ...group.receipts.map(({ state, name: receiver, total }) => {
        const label = state === SHARED_RECEIPTS || state === BEYOND_RECEIPTS ? receiver[language] : say('receipts.state', { state: receiver[language] });
        return [name, label, '', '', total, ''];
      }),
    ];
  });
  return { header, rows };
}
