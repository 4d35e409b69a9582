import { encode } from 'uqr';
import type { Language } from '../../../i18n/language.js';
import { momentText } from '../../../i18n/moment.js';
import { renderText, type RenderText } from '../../../i18n/render.js';
import { codeGroups } from '../code.js';
import type { Block, Chart, Figure, ReportDocument, Section, Stamp } from '../document.js';
import type { Provenance } from '../entries.js';
import { chartHeight, chartSvg } from './chart-svg.js';
import { drawable, fontFamilies } from './fonts.js';
import { cellText } from './numbers.js';
import { accent, hairline, ink, palette, quiet } from './palette.js';
import { provenanceSection } from './provenance-section.js';
import { setTable, type SetTable } from './sheet-tables.js';
import { typeset, visible, widthOf } from './typesetting.js';

/** Of A4, in points. */
const PAPER = { short: 595.28, long: 841.89 };
/** More columns, and their section lies across the page. */
const MOST_COLUMNS = 7;
const MARGIN = { page: 34, report: 50 };
/** Between charts that stand side by side. */
const GUTTER = 14;

type SetBlock =
  | { readonly type: 'figures'; readonly figures: readonly { readonly label: string; readonly value: string; readonly currency: string; readonly rule: string; readonly colour: string; readonly size: number }[] }
  | { readonly type: 'text'; readonly paragraphs: readonly string[] }
  | { readonly type: 'charts'; readonly charts: readonly { readonly title: string; readonly svg: string; readonly alternative: string }[] }
  | SetTable;

interface SetSection {
  readonly title: string;
  readonly blocks: readonly SetBlock[];
}

/** What `report.typ` shows, in the names that it uses; lengths in points. */
export interface Sheet {
  readonly layout: ReportDocument['layout'];
  readonly language: Language;
  readonly size: number;
  readonly margin: number;
  readonly gutter: number;
  readonly fonts: readonly string[];
  readonly colours: Readonly<Record<'accent' | 'ink' | 'quiet' | 'hairline', string>>;
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly author: string;
  readonly asOf: string;
  readonly moment: Readonly<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>>;
  readonly words: Readonly<Record<'page' | 'code' | 'method', string>>;
  /** Sections that follow each other on pages of one direction. */
  readonly runs: readonly { readonly wide: boolean; readonly sections: readonly SetSection[] }[];
  readonly method: readonly string[];
  readonly provenance: SetSection;
  readonly stamp: { readonly qr: string; readonly alternative: string; readonly title: string; readonly lines: readonly string[]; readonly url: string };
}

/** The document in words and lengths, with text of `size` points. */
export function sheetOf(given: ReportDocument, origin: Provenance | null, stamp: Stamp, size: number): Sheet {
  const { language, layout } = given;
  const clean = (text: string) => drawable(typeset(language, visible(text)));
  const say = (key: RenderText, values?: Readonly<Record<string, string>>) => clean(renderText(language, key, values));
  const document = eachText(given, clean);
  const margin = MARGIN[layout];
  const moment = new Date(stamp.asOf);
  const code = codeGroups(stamp.code);
  const set = (section: Section, wide: boolean): SetSection => ({
    title: section.title,
    blocks: setBlocks(section.blocks, language, { layout, size, room: (wide ? PAPER.long : PAPER.short) - 2 * margin }),
  });
  return {
    layout,
    language,
    size,
    margin,
    gutter: GUTTER,
    fonts: fontFamilies,
    colours: { accent, ink, quiet, hairline },
    title: document.title,
    subtitle: document.subtitle,
    author: say('author'),
    asOf: say('as-of', { moment: momentText(language, moment, 'UTC') }),
    moment: {
      year: moment.getUTCFullYear(),
      month: moment.getUTCMonth() + 1,
      day: moment.getUTCDate(),
      hour: moment.getUTCHours(),
      minute: moment.getUTCMinutes(),
      second: moment.getUTCSeconds(),
    },
    words: { page: say('page'), code: say('stamp.foot', { code }), method: say('method') },
    runs: runsOf(document).map(({ wide, sections }) => ({ wide, sections: sections.map((section) => set(section, wide)) })),
    method: document.method,
    provenance: set(eachText(provenanceSection(origin, language, layout), clean), false),
    stamp: {
      qr: qrSvg(stamp.verifyUrl),
      alternative: say('stamp.qr', { url: stamp.verifyUrl }),
      title: say('stamp.title'),
      lines: [say('stamp.hash', { hash: stamp.hash }), say('stamp.version', { version: stamp.codeVersion }), say('stamp.check', { code })],
      url: stamp.verifyUrl,
    },
  };
}

/** A copy of the value with each text in it changed. */
function eachText<T>(value: T, change: (text: string) => string): T {
  const walk = (one: unknown): unknown => {
    if (typeof one === 'string') return change(one);
    if (Array.isArray(one)) return one.map(walk);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value) as T;
}

/** A report of one page never turns; in another, sections with a wide table lie across pages of their own. */
function runsOf({ layout, sections }: ReportDocument): { wide: boolean; sections: Section[] }[] {
  const runs: { wide: boolean; sections: Section[] }[] = [];
  for (const section of sections) {
    const wide = layout === 'report' && section.blocks.some((block) => block.type === 'table' && block.columns.length > MOST_COLUMNS);
    const last = runs.at(-1);
    if (last?.wide === wide) last.sections.push(section);
    else runs.push({ wide, sections: [section] });
  }
  return runs;
}

interface Space {
  readonly layout: ReportDocument['layout'];
  readonly size: number;
  readonly room: number;
}

/** On a report of one page, charts that follow each other stand side by side. */
function setBlocks(blocks: readonly Block[], language: Language, space: Space): SetBlock[] {
  const most = space.layout === 'page' ? 3 : 1;
  const set: SetBlock[] = [];
  for (let at = 0; at < blocks.length; ) {
    const block = blocks[at];
    if (block === undefined) break;
    if (block.type === 'chart') {
      const charts = chartsFrom(blocks.slice(at, at + most));
      set.push(setCharts(charts, language, space));
      at += charts.length;
      continue;
    }
    if (block.type === 'figures') set.push(setFigures(block.figures, language, space));
    else if (block.type === 'text') set.push(block);
    else set.push(setTable(block, language, space.size, space.room));
    at++;
  }
  return set;
}

function chartsFrom(blocks: readonly Block[]): Chart[] {
  const other = blocks.findIndex(({ type }) => type !== 'chart');
  return blocks.slice(0, other < 0 ? undefined : other).filter((block) => block.type === 'chart');
}

function setCharts(charts: readonly Chart[], language: Language, { room }: Space): SetBlock {
  const width = (room - GUTTER * (charts.length - 1)) / charts.length;
  const height = Math.max(...charts.map((chart) => chartHeight(chart, width)));
  return { type: 'charts', charts: charts.map((chart) => ({ title: chart.title, alternative: chart.alternative, svg: chartSvg(chart, language, { width, height }) })) };
}

/** The values of one row are set in one size, the largest that has room for all. */
function setFigures(figures: readonly Figure[], language: Language, { size, room }: Space): SetBlock {
  const values = figures.map(({ value }) => ({ text: cellText(language, value), currency: value.kind === 'amount' && value.value !== null ? value.currency : '' }));
  const count = Math.min(figures.length, 4);
  const width = (room - 8 * (count - 1)) / count - 12;
  const widest = Math.max(...values.map(({ text, currency }) => widthOf(`${text} ${currency}`, 1)));
  const large = Math.min(2 * size, width / widest);
  return {
    type: 'figures',
    figures: figures.map(({ label, rule, measure }, index) => ({ label, rule, colour: palette[measure], size: large, value: values[index]?.text ?? '', currency: values[index]?.currency ?? '' })),
  };
}

/** The address as a QR code of squares, which stay sharp in any size. */
function qrSvg(address: string): string {
  const { data, size } = encode(address, { ecc: 'M', border: 2 });
  const squares = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}"><path d="${squares.join('')}" fill="#000000"/></svg>`;
}
