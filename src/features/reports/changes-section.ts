import { changesText, reasonText } from '../../i18n/changes.js';
import type { Language } from '../../i18n/language.js';
import { momentText } from '../../i18n/moment.js';
import { type Block, cell, type Row, type Section, type Table } from './document.js';
import { changeCauses, type ChangeEntry, type ChangeSummary } from './entries.js';

/** What changed since the issue before, as a section: the totals with the causes of their difference, then the entries that weighed most. */
export function changesSection(changes: ChangeSummary | null, language: Language, mostEntries?: number): Section {
  return { id: 'changes', title: changesText(language, 'title'), blocks: blocksOf(changes, language, mostEntries) };
}

function blocksOf(changes: ChangeSummary | null, language: Language, mostEntries?: number): readonly Block[] {
  if (changes === null) return [paragraph(changesText(language, 'first'))];
  const { since, entries, entriesInAll } = changes;
  const previous = changesText(language, 'previous', { moment: momentText(language, new Date(since), 'UTC') });
  if (entriesInAll === 0) return [paragraph(`${previous} ${changesText(language, 'none')}`)];
  const totals = totalsTable(changes, language);
  if (entries.length === 0) return [paragraph(previous), totals, paragraph(changesText(language, 'entries.hidden', { all: entriesInAll }))];
  return [paragraph(previous), totals, entriesTable(changes, entries.slice(0, mostEntries), language)];
}

function paragraph(text: string): Block {
  return { type: 'text', paragraphs: [text] };
}

function totalsTable({ currency, stages }: ChangeSummary, language: Language): Table {
  const amount = (value: string) => cell.amount(value, currency);
  const row = (stage: keyof typeof stages): Row => {
    const { before, after, causes } = stages[stage];
    return { cells: [cell.text(changesText(language, `stage.${stage}`)), amount(before), ...changeCauses.map((cause) => amount(causes[cause])), amount(after)] };
  };
  return {
    type: 'table',
    id: 'changes-by-stage',
    title: changesText(language, 'stages.title', { currency }),
    columns: [
      { title: changesText(language, 'column.stage'), kind: 'text' },
      ...(['before', ...changeCauses, 'after'] as const).map((column) => ({ title: changesText(language, `column.${column}`), kind: 'amount' }) as const),
    ],
    rows: [row('pledged'), row('committed'), row('disbursed')],
    rule: changesText(language, 'stages.rule'),
    empty: changesText(language, 'none'),
  };
}

function entriesTable({ currency, entriesInAll }: ChangeSummary, entries: readonly ChangeEntry[], language: Language): Table {
  const column = (name: 'what' | 'reference' | 'donor' | 'recordedOn' | 'effect' | 'fxEffect' | 'reason', kind: Table['columns'][number]['kind'], weight: number) =>
    ({ title: changesText(language, `column.${name}`, { currency }), kind, weight });
  return {
    type: 'table',
    id: 'changes-entries',
    title: changesText(language, 'entries.title'),
    columns: [
      column('what', 'text', 1.4), column('reference', 'text', 1), column('donor', 'text', 1.6), column('recordedOn', 'day', 0.9),
      column('effect', 'amount', 1.1), column('fxEffect', 'amount', 1.1), column('reason', 'text', 2),
    ], // prettier-ignore
    rows: entries.map(({ cause, stage, reference, donor, recordedAt, effect, fx, reason }) => ({
      cells: [
        cell.text(changesText(language, `what.${cause as Exclude<typeof cause, 'fx'>}.${stage}`)),
        cell.text(reference),
        cell.text(donor?.[language] ?? ''),
        cell.day(recordedAt.slice(0, 10)),
        cell.amount(effect, currency),
        cell.amount(fx, currency),
        cell.text(reason === null ? '' : reasonText(language, reason)),
      ],
    })),
    rule: changesText(language, 'entries.rule', { shown: entries.length, all: entriesInAll }),
    empty: changesText(language, 'none'),
  };
}
