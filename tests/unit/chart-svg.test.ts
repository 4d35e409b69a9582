import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Chart, Measure } from '../../src/features/reports/document.js';
import { chartHeight, chartSvg } from '../../src/features/reports/render/chart-svg.js';
import { contrastToWhite, palette } from '../../src/features/reports/render/palette.js';
import { byDonor, byMonth, bySector } from '../support/report-sample.js';

const size = { width: 480, height: 260 };
const forms = ['bars', 'stacked', 'columns', 'lines'] as const;
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map(([, text = '']) => text.replace(/<[^>]*>/g, ''));
const placesOf = (svg: string) => [...svg.matchAll(/ (?:x|y|cx|cy|width|height)="([^"]*)"/g)].map(([, place]) => Number(place));

/** Well formed as far as this small drawing goes: each element closed, in order, nothing but known escapes. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/gi)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!self) open.push(name);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
}

describe('what is written', () => {
  test('labels carry the amounts, short, in the manner of the language', () => {
    expect(textsOf(chartSvg(byDonor, 'fr', size))).toEqual(expect.arrayContaining(['120\u00A0M', '1,2\u00A0M', '\u22125\u00A0M', 'Union européenne', 'Engagé', 'en USD']));
    expect(textsOf(chartSvg(byDonor, 'en', size))).toEqual(expect.arrayContaining(['120M', '1.2M', '\u22125M', 'in USD']));
  });

  test('the picture has a title and its words, and points to them', () => {
    const svg = chartSvg(byDonor, 'fr', size);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('aria-labelledby="by-donor-title by-donor-words"');
    expect(svg).toContain(`<title id="by-donor-title">${byDonor.title}</title>`);
    expect(svg).toContain(`<desc id="by-donor-words">${byDonor.alternative}</desc>`);
  });

  test('shares are written in percent', () => {
    const shares: Chart = { ...byMonth, form: 'lines', unit: { kind: 'percent' }, categories: ['a', 'b'], series: [{ name: 'x', measure: 'paid', values: ['0.7312', '1.05'] }] };
    expect(textsOf(chartSvg(shares, 'fr', size))).toEqual(expect.arrayContaining(['73,1\u202F%', '105\u202F%', 'en %']));
  });

  test('a part too small for its amount has it at the end of the bar', () => {
    expect(textsOf(chartSvg(bySector, 'fr', size))).toEqual(expect.arrayContaining(['70\u00A0M', '■ 1\u00A0M']));
  });

  test('a long name takes two lines and is cut', () => {
    const long = 'Direction générale de la protection civile et des opérations d’aide humanitaire européennes';
    const texts = textsOf(chartSvg({ ...byDonor, categories: [long, ...byDonor.categories.slice(1)] }, 'fr', { width: 240, height: 200 }));
    expect(texts).not.toContain(long);
    expect(texts[texts.findIndex((text) => long.startsWith(text) && text.length > 5) + 1]).toMatch(/…$/);
  });

  test('no data is said', () => {
    for (const form of forms) {
      expect(textsOf(chartSvg({ ...byDonor, form, categories: [], series: [] }, 'fr', size))).toContain('Aucune donnée');
      const nothing = chartSvg({ ...byDonor, form, series: [{ name: 'x', measure: 'paid', values: [null, null, null, null, null, null] }] }, 'en', size);
      expect(textsOf(nothing)).toContain('No data');
    }
  });
});

describe('what is drawn', () => {
  test('the same chart gives the same bytes', () => {
    for (const form of forms) expect(chartSvg({ ...byDonor, form }, 'fr', size)).toBe(chartSvg({ ...byDonor, form }, 'fr', size));
  });

  test('bars are as long as their amounts', () => {
    const chart: Chart = { ...byDonor, categories: ['a', 'b'], series: [{ name: 'x', measure: 'paid', values: ['1000', '500'] }] };
    const widths = [...chartSvg(chart, 'fr', size).matchAll(/<rect[^>]* width="([^"]*)"[^>]*fill="#14532d"/g)].map(([, width]) => Number(width));
    const [, whole = 0, half = 0] = widths; // The first is the legend's.
    expect(whole / half).toBeCloseTo(2, 1);
  });

  test('a line is broken where a value is not known', () => {
    const chart: Chart = { ...byMonth, form: 'lines', categories: ['a', 'b', 'c', 'd'], series: [{ name: 'x', measure: 'paid', values: ['1', '2', null, '4'] }] };
    expect(chartSvg(chart, 'fr', size)).toMatch(/<path d="M[^"M]*L[^"ML]*M[^"L]*" fill="none"/);
  });

  test('what is missing is hatched, and a measure that comes twice looks different', () => {
    expect(chartSvg(bySector, 'fr', size)).toMatch(/fill="url\(#by-sector-missing\)"/);
    const twice: Chart = { ...byMonth, form: 'lines', series: byMonth.series.map((series) => ({ ...series, measure: 'paid' as const })) };
    expect(chartSvg(twice, 'fr', size)).toContain('stroke-dasharray');
  });

  test('each colour is 3:1 or more to white, and no two are as light in grey', () => {
    const contrasts = Object.values(palette).map(contrastToWhite).sort((a, b) => a - b);
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(3);
    const solid = (['pledged', 'committed', 'paid'] as const).map((measure) => contrastToWhite(palette[measure]));
    expect(solid[1]! / solid[0]!).toBeGreaterThan(1.4);
    expect(solid[2]! / solid[1]!).toBeGreaterThan(1.4);
  });

  test('on a chart of its own height, the labels of bars have room', () => {
    const svg = chartSvg(byDonor, 'fr', { width: 170, height: chartHeight(byDonor, 170) });
    const sizes = [...svg.matchAll(/font-size="([^"]*)"/g)].map(([, one]) => Number(one));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(6);
  });
});

test('any chart gives a well-formed drawing within its frame', () => {
  const amount = fc.option(fc.tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(99)).map(([whole, cents]) => `${whole}.${String(cents).padStart(2, '0')}`));
  const chart = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 4 })).chain(([categories, series]) =>
    fc.record({
      type: fc.constant('chart' as const),
      id: fc.constant('c'),
      title: fc.string({ unit: 'binary' }),
      form: fc.constantFrom(...forms),
      unit: fc.constant({ kind: 'amount', currency: 'XOF' } as const),
      categories: fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: categories, maxLength: categories }),
      series: fc.array(
        fc.record({ name: fc.string({ unit: 'grapheme' }), measure: fc.constantFrom(...(Object.keys(palette) as Measure[])), values: fc.array(amount, { minLength: categories, maxLength: categories }) }),
        { minLength: series, maxLength: series },
      ),
      alternative: fc.string({ unit: 'grapheme' }),
    }),
  );
  fc.assert(
    fc.property(chart, fc.constantFrom('fr' as const, 'en' as const), (one, language) => {
      const svg = chartSvg(one, language, size);
      expectWellFormed(svg);
      // eslint-disable-next-line no-control-regex -- XML allows none of these.
      expect(svg).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF\u202A-\u202E]/);
      for (const place of placesOf(svg)) expect(place).toBeGreaterThanOrEqual(-1);
      for (const place of placesOf(svg)) expect(place).toBeLessThanOrEqual(size.width + 1);
    }),
  );
});
