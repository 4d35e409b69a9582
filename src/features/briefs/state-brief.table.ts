import { briefText, type BriefText } from '../../i18n/briefs.js';
import type { Language } from '../../i18n/language.js';
import { percentOf } from '../reports/artefacts.js';
import type { ViewTable } from '../reports/view.js';
import type { Need, StageAmounts, StateBrief } from './briefs.schema.js';

/** Everything a brief holds as one table, part by part; a cell is empty where a part has no such figure. */
export function stateBriefTable({ currency, year, name, total, shared, plan, sectors, donors, months, late, silent }: StateBrief, language: Language): ViewTable {
  const say = (key: BriefText) => briefText(language, key, { currency, year });
  const columns = ['part', 'item', 'pledged', 'committed', 'paid', 'requirements', 'funded', 'missing', 'coverage', 'overdue', 'dueOn', 'daysLate'] as const;
  const stages = ({ pledged, committed, paid }: StageAmounts) => [pledged, committed, paid, '', '', '', '', '', '', ''];
  const needs = ({ requirements, funded, gap, coverage }: Need) => ['', '', '', requirements ?? '', funded, gap ?? '', percentOf(coverage), '', '', ''];
  const promised = (donor: string, reference: string) => `${donor} (${reference})`;
  return {
    header: columns.map((column) => say(`column.${column}`)),
    rows: [
      [say('part.total'), name[language], ...stages(total)],
      [say('part.shared'), '', ...stages(shared)],
      ...donors.map((donor) => [say('part.donor'), donor.name[language], ...stages(donor)]),
      [say('part.plan'), name[language], ...needs(plan)],
      ...sectors.map((sector) => [say('part.sector'), sector.name[language], ...needs(sector)]),
      ...months.map(({ month, committed, paid }) => [say('part.month'), month, '', committed, paid, '', '', '', '', '', '', '']),
      ...late.promises.map(({ donor, reference, overdue, dueOn, daysLate }) => [say('part.late'), promised(donor[language], reference), '', '', '', '', '', '', '', overdue, dueOn, String(daysLate)]),
      ...silent.commitments.map(({ donor, reference, committed }) => [say('part.silent'), promised(donor[language], reference), '', committed, '', '', '', '', '', '', '', '']),
    ],
  };
}
