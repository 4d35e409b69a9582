import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEcbHistory, readLongRates } from '../../src/features/fx/rate-files.js';

const REAL = path.resolve(__dirname, '../../../shared/fixtures/fx');

const ecb = (...lines: string[]) => readEcbHistory(Buffer.from(lines.join('\n')));
const long = (...lines: string[]) => readLongRates(Buffer.from(['Date,Rate,Currency,Frequency,Source,Country code,Country', ...lines].join('\n')));

describe('the history of the European Central Bank', () => {
  test('one rate per day and currency, as published; N/A is none; a comma may end the line', () => {
    expect(ecb('Date,USD,JPY,', '2026-04-13,1.1684,186.75,', '1999-01-04,1.1789,N/A,')).toEqual({
      rates: [
        { quote: 'USD', date: '2026-04-13', rate: '1.1684' },
        { quote: 'JPY', date: '2026-04-13', rate: '186.75' },
        { quote: 'USD', date: '1999-01-04', rate: '1.1789' },
      ],
      problems: [],
    });
  });

  test('spaces, CRLF, a byte order mark and no comma at the end', () => {
    expect(readEcbHistory(Buffer.from('\uFEFFDate, USD, JPY\r\n2026-04-13, 1.10, N/A\r\n'))).toEqual({
      rates: [{ quote: 'USD', date: '2026-04-13', rate: '1.10' }],
      problems: [],
    });
  });

  test('a bad cell is named with its row and column, the others are read', () => {
    const { rates, problems } = ecb('Date,USD,JPY,GBP,CHF,', '2026-04-13,1.1684,n/a,,0,', '2026-04-10,-1,"1,5",1e-3,0.90,');
    expect(rates).toEqual([
      { quote: 'USD', date: '2026-04-13', rate: '1.1684' },
      { quote: 'GBP', date: '2026-04-10', rate: '0.001' },
      { quote: 'CHF', date: '2026-04-10', rate: '0.90' },
    ]);
    expect(problems).toEqual([
      { row: 1, field: 'JPY', code: 'RATE_FORMAT', found: 'n/a' },
      { row: 1, field: 'GBP', code: 'RATE_FORMAT', found: '' },
      { row: 1, field: 'CHF', code: 'RATE_NOT_POSITIVE', found: '0' },
      { row: 2, field: 'USD', code: 'RATE_NOT_POSITIVE', found: '-1' },
      { row: 2, field: 'JPY', code: 'RATE_FORMAT', found: '1,5' },
    ]);
  });

  test('a bad date or a row of another length refuses the row', () => {
    expect(ecb('Date,USD', '13/04/2026,1.1', '2026-02-30,1.2', '2026-04-13', '2026-04-14,1.3')).toEqual({
      rates: [{ quote: 'USD', date: '2026-04-14', rate: '1.3' }],
      problems: [
        { row: 1, field: 'Date', code: 'DATE_FORMAT', found: '13/04/2026' },
        { row: 2, field: 'Date', code: 'DATE_FORMAT', found: '2026-02-30' },
        { row: 3, field: '', code: 'COLUMN_COUNT', found: '1', params: { expected: '2' } },
      ],
    });
  });

  test('a day that stands twice counts once when it agrees, and not at all where it does not', () => {
    expect(ecb('Date,USD,JPY', '2026-04-13,1.1,180', '2026-04-13,1.1,181')).toEqual({
      rates: [{ quote: 'USD', date: '2026-04-13', rate: '1.1' }],
      problems: [
        { row: 1, field: 'JPY', code: 'RATE_CONFLICT', found: '180', params: { date: '2026-04-13' } },
        { row: 2, field: 'JPY', code: 'RATE_CONFLICT', found: '181', params: { date: '2026-04-13' } },
      ],
    });
  });

  test('files that are something else', () => {
    const fault = (content: string | Buffer) => {
      const { rates, problems } = readEcbHistory(Buffer.from(content));
      expect(rates).toEqual([]);
      expect(problems[0]!.row).toBe(0);
      return problems.map((problem) => problem.code);
    };
    expect(fault('')).toEqual(['EMPTY_FILE']);
    expect(fault('<html></html>')).toEqual(['HTML_FILE']);
    expect(fault('Day,USD\n2026-04-13,1.1')).toEqual(['MISSING_COLUMNS']);
    expect(fault('Date,Dollar\n2026-04-13,1.1')).toEqual(['CURRENCY_UNKNOWN']);
    expect(fault('Date,USD\n"2026')).toEqual(['MALFORMED_CSV']);
    expect(fault(Buffer.from('Date,USD\né', 'latin1'))).toEqual(['NOT_UTF8']);
  });
});

describe('rates in long form', () => {
  test('units per dollar with source and frequency; the names of countries may contain commas', () => {
    expect(long('1955-12-31,14.4451109778044,AFN,A,IMF,AF,"Afghanistan, Islamic Republic of"')).toEqual({
      rates: [{ base: 'USD', quote: 'AFN', date: '1955-12-31', rate: '14.4451109778044', source: 'IMF', frequency: 'A' }],
      problems: [],
    });
  });

  test('one currency for several countries: equal rates count once, different ones are refused', () => {
    const { rates, problems } = long('2020-12-31,560,XOF,A,IMF,ML,Mali', '2020-12-31,560,XOF,A,IMF,NE,Niger', '2020-12-31,0.81,EUR,A,IMF,AD,Andorra', '2020-12-31,0.82,EUR,A,IMF,U2,Euro Area');
    expect(rates.map((rate) => `${rate.quote} ${rate.rate}`)).toEqual(['XOF 560']);
    expect(problems).toEqual([
      { row: 3, field: 'EUR', code: 'RATE_CONFLICT', found: '0.81', params: { date: '2020-12-31' } },
      { row: 4, field: 'EUR', code: 'RATE_CONFLICT', found: '0.82', params: { date: '2020-12-31' } },
    ]);
  });

  test('the dollar in dollars is no rate, and must be 1', () => {
    expect(long('2020-12-31,1,USD,A,IMF,EC,Ecuador', '2020-12-31,1.00,USD,A,IMF,SV,El Salvador')).toEqual({ rates: [], problems: [] });
    expect(long('1990-12-31,8.75,USD,A,IMF,SV,El Salvador').problems).toMatchObject([{ row: 1, field: 'Rate', code: 'RATE_OF_BASE', found: '8.75' }]);
  });

  test('what is missing or malformed is named with its row', () => {
    expect(long('2020-12-31,1.79,,M,IMF,1C_355,Curacao', '2020-12-31,n.a.,XOF,M,IMF,ML,Mali', '12/31/2020,560,XOF,M,IMF,ML,Mali', '2020-12-31,5,xof,M,IMF,ML,Mali').problems).toEqual([
      { row: 1, field: 'Currency', code: 'CURRENCY_MISSING', found: '' },
      { row: 2, field: 'Rate', code: 'RATE_FORMAT', found: 'n.a.' },
      { row: 3, field: 'Date', code: 'DATE_FORMAT', found: '12/31/2020' },
      { row: 4, field: 'Currency', code: 'CURRENCY_UNKNOWN', found: 'xof' },
    ]);
    expect(readLongRates(Buffer.from('Date,Rate\n2020-12-31,1')).problems).toMatchObject([{ row: 0, code: 'MISSING_COLUMNS', params: { columns: 'Currency, Frequency, Source' } }]);
  });
});

describe('whatever comes', () => {
  const rate = fc.tuple(fc.integer({ min: 1, max: 99_999 }), fc.stringMatching(/^\d{0,12}$/)).map(([whole, decimals]) => (decimals === '' ? String(whole) : `${whole}.${decimals}`));
  const day = fc.date({ min: new Date('1999-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
  const currencies = ['USD', 'JPY', 'GBP', 'XAF'];
  const days = fc.uniqueArray(fc.record({ date: day, rates: fc.tuple(...currencies.map(() => fc.option(rate))) }), { selector: (row) => row.date, maxLength: 10 });

  test('a table that is written is read back equal', () => {
    fc.assert(
      fc.property(days, (rows) => {
        const lines = rows.map(({ date, rates }) => [date, ...rates.map((value) => value ?? 'N/A'), ''].join(','));
        const expected = rows.flatMap(({ date, rates }) => rates.flatMap((value, index) => (value === null ? [] : [{ quote: currencies[index], date, rate: value }])));
        expect(ecb(['Date', ...currencies, ''].join(','), ...lines)).toEqual({ rates: expected, problems: [] });
      }),
    );
  });

  test('arbitrary bytes never throw and give no rates', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readEcbHistory(Buffer.from(bytes)).rates).toEqual([]);
        expect(readLongRates(Buffer.from(bytes)).rates).toEqual([]);
      }),
    );
  });

  test('damaged tables never throw, and every rate that is read is a positive decimal', () => {
    const whole = Buffer.from('Date,USD,JPY,\n2026-04-13,1.1684,186.75,\n2026-04-10,1.1711,N/A,\n');
    fc.assert(
      fc.property(fc.nat(whole.length), fc.uint8Array({ maxLength: 4 }), fc.nat(6), (at, bytes, cut) => {
        const { rates } = readEcbHistory(Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + cut)]));
        for (const found of rates) expect(found.rate).toMatch(/^(?=.*[1-9])\d+(\.\d+)?$/);
      }),
      { numRuns: 500 },
    );
  });
});

const describeReal = existsSync(REAL) ? describe : describe.skip;

describeReal('the real files', () => {
  test('the ECB from 1999 to April 2026', () => {
    const content = readFileSync(path.join(REAL, 'eurofxref-hist.csv'));
    const { rates, problems } = readEcbHistory(content);
    expect(problems).toEqual([]);
    expect(rates).toHaveLength(217_555);
    expect(rates[0]).toEqual({ quote: 'USD', date: '2026-04-13', rate: '1.1684' });
    expect(rates.at(-1)).toEqual({ quote: 'ZAR', date: '1999-01-04', rate: '6.9358' });
  });

  test.each([
    ['imf_exchangerates_A_ENDA_USD.csv', 10_225, { RATE_CONFLICT: 1833, RATE_OF_BASE: 176 }],
    ['secondary_historic_rates.csv', 10_388, { RATE_CONFLICT: 180, RATE_OF_BASE: 72, CURRENCY_MISSING: 144 }],
  ])('%s', (file, expected, codes) => {
    const { rates, problems } = readLongRates(readFileSync(path.join(REAL, file)));
    expect(rates).toHaveLength(expected);
    const counts: Record<string, number> = {};
    for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
    expect(counts).toEqual(codes);
  });
});
