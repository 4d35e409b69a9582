import { coverageTable } from '../../domain/coverage.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import { bothNames, type Reference } from '../../domain/reference.js';
import { addStageSums, regionalGroups, regionalPartOf, regionalTable, type StageSums } from '../../domain/regional.js';
import { executionRate } from '../../domain/report.js';
import { checkPeriod } from '../../domain/rules.js';
import { briefText, type BriefText } from '../../i18n/briefs.js';
import { coverageTexts } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import { dayText } from '../../i18n/moment.js';
import { reportText } from '../../i18n/report.js';
import { asSystem } from '../../platform/tenant.js';
import { coverageFacts, donorCountries, groupsOn, membershipDay, regionalFacts } from '../coverage/coverage-facts.js';
import { regionalLines } from '../coverage/coverage.store.js';
import { countByReason } from '../coverage/coverage.view.js';
import type { LineSource } from '../reports/lines.store.js';
import type { View, ViewContext } from '../reports/view.js';
import { type Names, type RegionalBrief, regionalBriefQuestion, type RegionalBriefQuestion } from './briefs.schema.js';
import { sumsByMechanism } from './briefs.store.js';
import { needOf } from './need.js';
import { regionalBriefDocument } from './regional-brief.document.js';
import { regionalBriefTable } from './regional-brief.table.js';

/** Two pages open to everybody: what came to the members and the invited states, what they need, and by which mechanisms; totals only. */
export const regionalBrief = {
  kind: 'regional_brief',
  question: regionalBriefQuestion,
  async compute(context, asked): Promise<RegionalBrief> {
    const { tx, reference, asOf, scope } = context;
    const { currency, from, to } = asked;
    checkPeriod(from ?? null, to ?? null);
    const year = asked.year ?? Number(asOf.slice(0, 4));
    const exponent = exponentOf(currency, reference.exponents);
    const write = (minor: bigint) => formatMinor(minor, exponent);
    const stages = ({ pledged, committed, paid }: StageSums) => ({ pledged: write(pledged), committed: write(committed), paid: write(paid) });
    const asker = { tx, reference, asOf, restricted: scope.restricted, later: false };
    const { membershipOn, groups, profiles } = await regionalFacts(asker, { currency, from, to });
    const facts = await coverageFacts(asker, { groupBy: 'state', countries: [...groups.all], years: [year], currency });
    const planned = (states: readonly string[]) => coverageTable('state', facts.plans, { ...facts.selection, countries: states }, facts.profiles);
    const byState = planned(groups.all).rows;
    const { receipts } = regionalTable(profiles, groups.all);
    const { condition } = await totalLines(context, asked);
    const sums = await asSystem(tx, () => sumsByMechanism(tx, { condition, currency, asOf }));
    const notes = (language: Language) => notesOf(language, membershipOn, scope.restricted);
    return {
      kind: 'regional_brief',
      asOf,
      currency,
      year,
      from: from ?? null,
      to: to ?? null,
      membershipOn,
      notes: { fr: notes('fr'), en: notes('en') },
      groups: regionalGroups.map((group) => {
        const { total, parts } = regionalTable(profiles, groups[group]);
        return {
          group,
          name: coverageTexts(`group.${group}`),
          states: groups[group],
          total: stages(total),
          eliminated: stages([parts.betweenStates, parts.marked, parts.fundTransfers].reduce(addStageSums)),
          beyond: stages(parts.beyond),
          notPaid: write(total.committed - total.paid),
          plans: needOf(planned(groups[group]).total, write),
        };
      }),
      states: groups.all.map((state) => {
        const { outside = 0n, own = 0n, betweenStates = 0n, marked = 0n, fundTransfers = 0n } = receipts.get(state) ?? {};
        const received = outside + own + betweenStates + marked + fundTransfers;
        return { state, name: nameOf(state, reference.countries), received: write(received), throughFunds: write(fundTransfers), ...needOf(byState.get(state), write) };
      }),
      mechanisms: sums
        .toSorted((a, b) => (a.committed === b.committed ? (a.mechanism < b.mechanism ? -1 : 1) : a.committed > b.committed ? -1 : 1))
        .map(({ mechanism, ...of }) => ({ code: mechanism, name: nameOf(mechanism, reference.mechanisms), ...stages({ ...of, paid: of.disbursed }), executionRate: executionRate(of) })),
      leftOut: countByReason(profiles.filter((profile) => regionalPartOf(profile, groups.all) !== undefined)),
    };
  },
  lines: totalLines,
  table: regionalBriefTable,
  document: regionalBriefDocument,
} as const satisfies View<RegionalBriefQuestion, RegionalBrief>;

/** The lines of the members' total. */
async function totalLines({ tx, reference, asOf, scope }: ViewContext, { currency, from, to }: RegionalBriefQuestion): Promise<LineSource> {
  const { members } = groupsOn(membershipDay(asOf, to), reference);
  const countries = await asSystem(tx, () => donorCountries(tx, asOf));
  const condition = regionalLines({ states: members, donorCountries: countries, restricted: scope.restricted, currency, from, to });
  return { book: 'journal', currency, condition, openInTotal: true };
}

function nameOf(code: string, list: Reference['countries']): Names {
  const names = list.get(code);
  return bothNames(names, code);
}

function notesOf(language: Language, membershipOn: string, restricted: boolean): readonly string[] {
  const keys: BriefText[] = ['note.stages', 'note.regional', 'note.plan', 'note.regional.changes', restricted ? 'note.restricted.included' : 'note.restricted.hidden'];
  return [...keys.map((key) => briefText(language, key, { day: dayText(language, membershipOn) })), reportText(language, 'note.rates')];
}
