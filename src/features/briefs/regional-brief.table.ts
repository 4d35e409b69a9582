import { briefText, type BriefText } from '../../i18n/briefs.js';
import type { Language } from '../../i18n/language.js';
import { percentOf } from '../reports/artefacts.js';
import type { ViewTable } from '../reports/view.js';
import type { Need, RegionalBrief, StageAmounts } from './briefs.schema.js';

/** Everything a regional brief holds as one table, part by part; a cell is empty where a part has no such figure. */
export function regionalBriefTable({ currency, groups, states, mechanisms }: RegionalBrief, language: Language): ViewTable {
  const say = (key: BriefText) => briefText(language, key, { currency });
  const columns = ['part', 'item', 'pledged', 'committed', 'paid', 'notPaid', 'eliminated', 'beyond', 'requirements', 'funded', 'missing', 'coverage', 'received', 'throughFunds', 'executionRate'] as const;
  const stages = ({ pledged, committed, paid }: StageAmounts) => [pledged, committed, paid];
  const needs = ({ requirements, funded, gap, coverage }: Need) => [requirements ?? '', funded, gap ?? '', percentOf(coverage)];
  const blank = (count: number) => Array<string>(count).fill('');
  return {
    header: columns.map((column) => say(`column.${column}`)),
    rows: [
      ...groups.map(({ name, total, notPaid, eliminated, beyond, plans }) => [say('part.group'), name[language], ...stages(total), notPaid, eliminated.paid, beyond.committed, ...needs(plans), ...blank(3)]),
      ...states.map((state) => [say('part.state'), state.name[language], ...blank(6), ...needs(state), state.received, state.throughFunds, '']),
      ...mechanisms.map((mechanism) => [say('part.mechanism'), mechanism.name[language], ...stages(mechanism), ...blank(9), percentOf(mechanism.executionRate)]),
    ],
  };
}
