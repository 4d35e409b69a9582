import type { Language } from '../../../i18n/language.js';
import { render as knownTexts } from '../../../i18n/render.fr.js';
import { renderText, type RenderText } from '../../../i18n/render.js';
import { cell, type ReportDocument, type Section } from '../document.js';
import type { Provenance } from '../entries.js';
import { dayFigures, numberText } from './numbers.js';

/** From where the figures come: as tables, or in a sentence each where all is on one page. */
export function provenanceSection(origin: Provenance | null, language: Language, layout: ReportDocument['layout']): Section {
  const say = (key: RenderText, values?: Readonly<Record<string, string>>) => renderText(language, key, values);
  const section = { id: 'provenance', title: say('sources') };
  if (origin === null) return { ...section, blocks: [{ type: 'text', paragraphs: [say('sources.none')] }] };
  const count = (lines: number) => numberText(language, String(lines));
  const nameOf = (system: string | null) => sourceText(language, system);
  const pairOf = ({ base, quote }: Provenance['rates'][number]) => say('rates.pair', { base, quote });

  if (layout === 'page') {
    const sources = origin.sources.map(({ system, lines }) => say('sources.line', { system: nameOf(system), lines: count(lines) }));
    const rates = origin.rates.map((rate) => say('rates.line', { publisher: rate.source, pair: pairOf(rate), from: dayFigures(rate.from), to: dayFigures(rate.to), lines: count(rate.lines) }));
    const sentences = [say('sources.lines', { list: sources.join(', ') }), rates.length === 0 ? say('rates.empty') : say('rates.lines', { list: rates.join(', ') }), say('rates.same', { count: count(origin.sameCurrency) })];
    return { ...section, blocks: [{ type: 'text', paragraphs: [sentences.join(' ')] }] };
  }
  return {
    ...section,
    blocks: [
      {
        type: 'table',
        id: 'sources',
        title: say('sources.title'),
        rule: say('sources.rule'),
        empty: say('sources.none'),
        columns: [{ title: say('sources.column.system'), kind: 'text' }, { title: say('sources.column.lines'), kind: 'count' }],
        rows: origin.sources.map(({ system, lines }) => ({ cells: [cell.text(nameOf(system)), cell.count(lines)] })),
      },
      {
        type: 'table',
        id: 'rates',
        title: say('rates.title'),
        rule: say('rates.rule', { count: count(origin.sameCurrency) }),
        empty: say('rates.empty'),
        columns: [
          { title: say('rates.column.publisher'), kind: 'text' },
          { title: say('rates.column.pair'), kind: 'text' },
          { title: say('rates.column.from'), kind: 'day' },
          { title: say('rates.column.to'), kind: 'day' },
          { title: say('rates.column.lines'), kind: 'count' },
        ],
        rows: origin.rates.map((rate) => ({ cells: [cell.text(rate.source), cell.text(pairOf(rate)), cell.day(rate.from), cell.day(rate.to), cell.count(rate.lines)] })),
      },
    ],
  };
}

/** What a source is called; null is what was recorded here. */
export function sourceText(language: Language, system: string | null): string {
  if (system === null) return renderText(language, 'sources.own');
  const key = `source.${system}`;
  return isKnown(key) ? renderText(language, key) : system;
}

function isKnown(key: string): key is RenderText {
  return key in knownTexts;
}
