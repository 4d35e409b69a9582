import type { Language } from '../../../i18n/language.js';
import { renderText } from '../../../i18n/render.js';
import type { Chart } from '../document.js';
import { percentText, shortText } from './numbers.js';
import { contrastToWhite, hairline, ink, palette, quiet } from './palette.js';
import { cut, twoLines, visible, widthOf } from './typesetting.js';

/** In units of the drawing; on paper one is a point. */
interface Size {
  readonly width: number;
  readonly height: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** What a series is drawn with: `paint` fills an area, `dash` a line; the same measure a second time looks different. */
interface Pen {
  readonly colour: string;
  readonly paint: string;
  readonly hollow: boolean;
  readonly hatched: boolean;
  readonly dash: string;
}

/** What the forms draw with; `where` turns a value into a place along its axis. */
interface Drawing {
  readonly chart: Chart;
  readonly font: number;
  readonly pens: readonly Pen[];
  readonly labelOf: (value: string) => string;
}

/**
 * A chart as SVG, the same for the page and for the paper: amounts beside what stands for them, an axis, a legend, and the words of
 * `alternative` as its description. Places are computed with floating-point numbers; what is written comes from the exact values.
 */
export function chartSvg(chart: Chart, language: Language, size: Size): string {
  const font = size.width < 300 ? 6.5 : 8.5;
  const pens = pensOf(chart);
  const labelOf = (value: string) => (chart.unit.kind === 'percent' ? percentText(language, value).replace(/[.,]0(?=\D*$)/, '') : shortText(language, value));
  const drawing = { chart, font, pens, labelOf };
  const legend = legendOf(drawing, language, size.width);
  const area = { left: 0, right: size.width, top: legend.height, bottom: size.height };
  const body = !hasValues(chart)
    ? words(renderText(language, 'chart.empty'), size.width / 2, (area.top + area.bottom) / 2, font, { anchor: 'middle', colour: quiet })
    : chart.form === 'bars' || chart.form === 'stacked'
      ? lying(drawing, area)
      : standing(drawing, area);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(size.width)} ${at(size.height)}" width="${at(size.width)}" height="${at(size.height)}" role="img" lang="${language}" aria-labelledby="${chart.id}-title ${chart.id}-words" font-family="'Source Sans 3', Arial, sans-serif"><title id="${chart.id}-title">${xml(chart.title)}</title><desc id="${chart.id}-words">${xml(chart.alternative)}</desc>${hatches(chart, pens)}${legend.svg}${body}</svg>`;
}

/** How high a chart is drawn so that each of its bars can be told and read. */
export function chartHeight(chart: Chart, width: number): number {
  const small = width < 300;
  const font = small ? 6.5 : 8.5;
  if (chart.form === 'columns' || chart.form === 'lines') return small ? 140 : 210;
  const bars = chart.form === 'stacked' ? 1.6 : Math.max(chart.series.length, 1.6);
  return Math.max(6 * font, chart.categories.length * (bars * font * 1.15 + font * 0.7)) + 5 * font;
}

function hasValues({ series }: Chart): boolean {
  return series.some(({ values }) => values.some((value) => value !== null));
}

/** Horizontal bars, side by side or on top of each other, from a common line at zero. */
function lying({ chart, font, pens, labelOf }: Drawing, area: Box): string {
  const stacked = chart.form === 'stacked';
  const names = Math.min(Math.max(...chart.categories.map((name) => widthOf(visible(name), font))) + font, 0.34 * (area.right - area.left));
  const ends = chart.categories.flatMap((_, index) => (stacked ? stackEnds(chart, index) : chart.series.map(({ values }) => Number(values[index] ?? 0))));
  const widest = Math.max(...chart.series.flatMap(({ values }) => values.map((value) => (value === null ? 0 : widthOf(labelOf(value), font)))));
  const room = { before: Math.min(...ends) < 0 ? widest + 4 : 0, after: stacked ? Math.min(chart.series.length, 3) * (widest + font) : widest + 6 };
  const plot = { left: area.left + names + room.before, right: area.right - room.after, top: area.top + 0.3 * font, bottom: area.bottom - 1.7 * font };
  const scale = scaleOf(ends, Math.floor((plot.right - plot.left) / (widest + 2 * font)));
  const where = placing(scale, plot.left, plot.right);

  const grid = scale.ticks.map((tick) => line(where(tick), plot.top, where(tick), plot.bottom, tick === 0 ? quiet : hairline)
    + words(labelOf(decimal(tick)), where(tick), plot.bottom + 1.2 * font, font, { anchor: 'middle', colour: quiet }));
  const step = (plot.bottom - plot.top) / chart.categories.length;
  const rows = chart.categories.map((name, index) => {
    const top = plot.top + index * step;
    const middle = top + step / 2;
    const lines = twoLines(visible(name), font, names - 0.6 * font);
    const title = lines.map((text, row) => words(text, area.left + names - 0.6 * font, middle + (row - (lines.length - 1) / 2) * 1.05 * font + 0.35 * font, font, { anchor: 'end' }));
    return title.join('') + (stacked ? stack(index, middle) : side(index, top));
  });
  return grid.join('') + rows.join('');

  function side(index: number, top: number): string {
    const thick = Math.min((0.82 * step) / chart.series.length, 2 * font);
    const start = top + (step - thick * chart.series.length) / 2;
    return chart.series.map(({ values }, row) => {
      const value = values[index] ?? null;
      const pen = pens[row];
      if (value === null || pen === undefined) return '';
      const [zero, end] = [where(0), where(Number(value))];
      const y = start + row * thick;
      const left = Number(value) < 0;
      return filled(pen, Math.min(zero, end), y + 0.06 * thick, Math.abs(end - zero), 0.88 * thick)
        + words(labelOf(value), end + (left ? -3 : 3), y + thick / 2 + 0.35 * font, Math.min(font, 1.05 * thick), { anchor: left ? 'end' : 'start' });
    }).join('');
  }

  function stack(index: number, middle: number): string {
    const thick = Math.min(0.66 * step, 2.4 * font);
    const reach = { positive: 0, negative: 0 };
    const outside: string[] = [];
    const parts = chart.series.map(({ values }, row) => {
      const value = values[index] ?? null;
      const pen = pens[row];
      if (value === null || pen === undefined || Number(value) === 0) return '';
      const sign = Number(value) < 0 ? 'negative' : 'positive';
      const [from, to] = [where(reach[sign]), where(reach[sign] + Number(value))];
      reach[sign] += Number(value);
      const label = labelOf(value);
      const inside = Math.abs(to - from) >= widthOf(label, font) + 4;
      if (!inside) outside.push(`<tspan fill="${pen.colour}">■</tspan> ${xml(label)}`);
      const plain = !pen.hatched && !pen.hollow;
      return filled(pen, Math.min(from, to), middle - thick / 2, Math.abs(to - from), thick)
        + (inside ? words(label, (from + to) / 2, middle + 0.35 * font, font, { anchor: 'middle', colour: plain && contrastToWhite(pen.colour) >= 4.5 ? '#ffffff' : ink, ground: !plain }) : '');
    });
    if (parts.every((part) => part === '') && chart.series.some(({ values }) => (values[index] ?? null) !== null)) outside.push(labelOf('0'));
    const rest = outside.length === 0 ? '' : rich(outside.join(' '), where(reach.positive) + 3, middle + 0.35 * font, font, 'start');
    return parts.join('') + rest;
  }
}

/** Vertical columns side by side, or lines over time, above a line of categories. */
function standing({ chart, font, pens, labelOf }: Drawing, area: Box): string {
  const scale = scaleOf(chart.series.flatMap(({ values }) => values.map((value) => Number(value ?? 0))), 4);
  const under = scale.from < 0 ? 1.5 * font : 0;
  const axis = Math.max(...scale.ticks.map((tick) => widthOf(labelOf(decimal(tick)), font))) + 4;
  const plot = { left: area.left + axis, right: area.right - 2, top: area.top + 1.6 * font, bottom: area.bottom - 2.8 * font - under };
  const where = placing(scale, plot.bottom, plot.top);
  const step = (plot.right - plot.left) / chart.categories.length;
  const centre = (index: number) => plot.left + (index + 0.5) * step;

  const grid = scale.ticks.map((tick) => line(plot.left, where(tick), plot.right, where(tick), tick === 0 ? quiet : hairline)
    + words(labelOf(decimal(tick)), plot.left - 3, where(tick) + 0.35 * font, font, { anchor: 'end', colour: quiet }));
  // Where the names of all would touch, every second, third … is written.
  const widest = Math.max(...chart.categories.map((name) => widthOf(visible(name), font)));
  const every = chart.form === 'lines' ? Math.max(1, Math.ceil(Math.min(widest + 4, 8 * font) / step)) : Math.max(1, Math.ceil((3 * font) / step));
  const names = chart.categories.flatMap((name, index) => (index % every === 0
    ? twoLines(visible(name), font, step * every - 2).map((text, row) => words(text, centre(index), plot.bottom + under + (1.3 + 1.05 * row) * font, font, { anchor: 'middle' }))
    : []));
  const thick = Math.min((0.8 * step) / chart.series.length, 4 * font);
  const points = chart.series.map(({ values }, row) => values.flatMap((value, index) => (value === null ? [] : [{
    value,
    index,
    x: centre(index) + (chart.form === 'columns' ? (row - (chart.series.length - 1) / 2) * thick : 0),
    y: where(Number(value)),
  }])));
  const drawn = points.map((series, row) => {
    const pen = pens[row];
    if (pen === undefined) return '';
    if (chart.form === 'columns') return series.map(({ x, y }) => filled(pen, x - 0.46 * thick, Math.min(y, where(0)), 0.92 * thick, Math.abs(y - where(0)))).join('');
    const path = series.map(({ x, y, index }, place) => `${place > 0 && series[place - 1]?.index === index - 1 ? 'L' : 'M'}${at(x)} ${at(y)}`).join('');
    const dots = series.map(({ x, y }) => `<circle cx="${at(x)}" cy="${at(y)}" r="${at(0.28 * font)}" fill="${pen.hollow || pen.hatched ? '#ffffff' : pen.colour}" stroke="${pen.colour}"/>`);
    return `<path d="${path}" fill="none" stroke="${pen.colour}" stroke-width="1.6"${pen.dash}/>${dots.join('')}`;
  });
  return grid.join('') + names.join('') + drawn.join('') + labels().join('');

  /** Those that touch no other, the largest first. */
  function labels(): string[] {
    const placed: Box[] = [];
    return points.flat().filter(({ value }) => Number(value) !== 0).sort((a, b) => Number(b.value) - Number(a.value)).flatMap(({ value, x, y }) => {
      const label = labelOf(value);
      const half = widthOf(label, font) / 2;
      const middle = Math.min(Math.max(x, plot.left + half), area.right - half);
      const base = Number(value) < 0 ? y + 1.2 * font : y - 0.5 * font;
      const box = { left: middle - half - 1, right: middle + half + 1, top: base - font, bottom: base + 0.2 * font };
      const crossed = chart.form === 'columns' && points.flat().some((other) => other.x !== x && Math.abs(other.x - middle) < half + thick / 2 && other.y < base);
      if (crossed || placed.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) return [];
      placed.push(box);
      return [words(label, middle, base, font, { anchor: 'middle', halo: true })];
    });
  }
}

/** What each colour stands for, and the unit; as many lines as it takes. */
function legendOf({ chart, font, pens }: Drawing, language: Language, width: number): { svg: string; height: number } {
  const unit = chart.unit.kind === 'percent' ? renderText(language, 'chart.percent') : renderText(language, 'chart.amount', { currency: chart.unit.currency });
  const right = width - widthOf(unit, font) - font;
  let [x, row] = [0, 0];
  const items = chart.series.map(({ name }, index) => {
    const text = cut(visible(name), font, right - 2 * font);
    const wide = widthOf(text, font) + 2.4 * font;
    if (x > 0 && x + wide > right) [x, row] = [0, row + 1];
    const y = (1 + 1.35 * row) * font;
    const pen = pens[index];
    const key = pen === undefined ? '' : chart.form === 'lines'
      ? `<path d="M${at(x)} ${at(y - 0.3 * font)}h${at(1.2 * font)}" fill="none" stroke="${pen.colour}" stroke-width="1.6"${pen.dash}/>`
      : filled(pen, x, y - 0.75 * font, 1.1 * font, 0.85 * font);
    const svg = key + words(text, x + 1.5 * font, y, font);
    x += wide;
    return svg;
  });
  return { svg: items.join('') + words(unit, width, font, font, { anchor: 'end', colour: quiet }), height: (1.9 + 1.35 * row) * font };
}

function pensOf({ id, series }: Chart): Pen[] {
  return series.map(({ measure }, index) => {
    // What is missing is never a full area; a measure that comes again is hatched, then hollow.
    const look = (series.slice(0, index).filter((other) => other.measure === measure).length + (measure === 'missing' ? 1 : 0)) % 3;
    const colour = palette[measure];
    const paint = [colour, `url(#${id}-${measure})`, '#ffffff'][look] ?? colour;
    return { colour, paint, hatched: look === 1, hollow: look === 2, dash: look === 0 ? '' : ` stroke-dasharray="${look === 1 ? '4 2' : '1 2'}"` };
  });
}

function hatches(chart: Chart, pens: readonly Pen[]): string {
  const patterns = new Set(chart.series.flatMap(({ measure }, index) => (pens[index]?.hatched === true ? [measure] : [])));
  return [...patterns].map((measure) => `<defs><pattern id="${chart.id}-${measure}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" fill="#ffffff"/><rect width="1.6" height="4" fill="${palette[measure]}"/></pattern></defs>`).join('');
}

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** From the least to the largest value, zero included, with at most `most` steps of 1, 2 or 5. */
function scaleOf(values: readonly number[], most: number): Scale {
  const [from, to] = [Math.min(0, ...values), Math.max(0, ...values)];
  if (from === to) return { from: 0, to: 1, ticks: [0] };
  const raw = (to - from) / Math.min(Math.max(most, 2), 4);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((one) => one * power >= raw) ?? 10) * power;
  const [first, last] = [Math.ceil(from / step), Math.floor(to / step)];
  return { from, to, ticks: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step) };
}

function placing({ from, to }: Scale, start: number, end: number): (value: number) => number {
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** How far the parts of a bar reach below and above zero. */
function stackEnds({ series }: Chart, index: number): number[] {
  const values = series.map(({ values: all }) => Number(all[index] ?? 0));
  return [-1, 1].map((sign) => values.filter((value) => value * sign > 0).reduce((sum, value) => sum + value, 0));
}

/** A place on an axis as a decimal string. */
function decimal(tick: number): string {
  return Number.isInteger(tick) ? BigInt(tick).toString() : tick.toFixed(4);
}

function filled({ colour, paint, hatched, hollow }: Pen, x: number, y: number, width: number, height: number): string {
  if (width === 0 || height === 0) return '';
  const edge = hatched || hollow ? ` stroke="${colour}" stroke-width="0.8"` : '';
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(Math.max(width, 0.4))}" height="${at(Math.max(height, 0.4))}" fill="${paint}"${edge}/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}" stroke="${colour}" stroke-width="0.6"/>`;
}

interface Look {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  /** A white edge around the letters, or a white ground under a text in the middle of an area. */
  readonly halo?: boolean;
  readonly ground?: boolean;
}

function words(text: string, x: number, y: number, size: number, { anchor = 'start', colour = ink, halo = false, ground = false }: Look = {}): string {
  const wide = widthOf(text, size) + 2;
  const under = ground ? `<rect x="${at(x - wide / 2)}" y="${at(y - 0.9 * size)}" width="${at(wide)}" height="${at(1.15 * size)}" fill="#ffffff"/>` : '';
  const outline = halo ? ' stroke="#ffffff" stroke-width="2" stroke-linejoin="round" paint-order="stroke"' : '';
  return `${under}<text x="${at(x)}" y="${at(y)}" font-size="${at(size)}" text-anchor="${anchor}" fill="${colour}"${outline}>${xml(text)}</text>`;
}

/** Text with marks of its own in it. */
function rich(content: string, x: number, y: number, size: number, anchor: string): string {
  return `<text x="${at(x)}" y="${at(y)}" font-size="${at(size)}" text-anchor="${anchor}" fill="${ink}">${content}</text>`;
}

/** A place to a hundredth, so that no platform writes another digit. */
function at(place: number): string {
  return String(Number(place.toFixed(2)));
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  return visible(text).replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
