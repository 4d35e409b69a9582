import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { toDay } from '../../src/domain/days.js';
import { convert, findLegs, type Rate } from '../../src/domain/fx.js';
import { type Role, roles } from '../../src/domain/policy.js';
import { readEcbHistory } from '../../src/features/fx/rate-files.js';
import { importRates, loadRateBook, MOST_EURO_RATE_AGE_DAYS, MOST_RATE_AGE_DAYS } from '../../src/features/fx/fx.store.js';
import { inTransaction } from '../../src/platform/db.js';
import { everyPage, itemsOf, type SignedIn, signIn } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';

const REAL = path.resolve(__dirname, '../../../shared/fixtures/fx/eurofxref-hist.csv');
let app: TestApp;
let officer: SignedIn;

beforeAll(async () => {
  app = await startTestApp();
  officer = await signIn(app, 'finance_officer');
});
afterAll(() => app.close());

const post = (body: object, headers: object = {}) => app.anonymous.post('/v1/fx-rates').set({ ...officer.headers, ...headers }).send(body);
const list = (query: object) => app.anonymous.get('/v1/fx-rates').query(query).set(officer.headers);

const rate = (quote: string, date: string, value: string, more: Partial<Rate> = {}): Rate => ({ source: 'ECB', base: 'EUR', quote, date, rate: value, ...more });

describe('rights', () => {
  const calls = [['get', roles], ['post', ['administrator', 'finance_officer'] as readonly Role[]]] as const;

  test.each(roles.flatMap((role) => calls.map(([method, allowed]) => [role, method, allowed.includes(role)] as const)))('%s %s /v1/fx-rates: %s', async (role, method, allowed) => {
    const { headers } = await signIn(app, role);
    const { status, body } = await app.anonymous[method]('/v1/fx-rates').set(headers);
    if (allowed) expect(status).not.toBe(403);
    else expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    expect((await app.anonymous[method]('/v1/fx-rates')).status).toBe(401);
  });
});

describe('POST /v1/fx-rates', () => {
  test('records a rate as published; the same again changes nothing, another is refused', async () => {
    const given = rate('GNF', '2026-02-02', '10090.5000', { source: 'BCRG' });
    const first = await post(given);
    expect(first.status).toBe(201);
    expect(first.body).toEqual({ ...given, rate: '10090.5', recordedAt: expect.any(String) });
    const again = await post({ ...given, rate: '10090.5' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const other = await post({ ...given, rate: '10090.6' });
    expect(other.body).toMatchObject({ status: 409, code: 'RATE_CONFLICT', field: 'rate', detail: 'BCRG : 1 EUR = 10090.5 GNF le 2026-02-02 ; trouvé : 10090.6. Un taux publié n’est jamais écrasé.' });
    expect((await post({ ...given, rate: '1' }, { 'accept-language': 'en' })).body.detail).toContain('BCRG 1 EUR = 10090.5 GNF on 2026-02-02; found 1.');
    expect((await post({ ...given, source: 'IMF', rate: '10090.6' })).status).toBe(201);
    const events = await app.deps.db.auditEvent.findMany({ where: { recordKind: 'fx_rate', recordId: 'BCRG EUR GNF 2026-02-02' } });
    expect(events).toMatchObject([{ action: 'fx_rate.create', actorId: officer.userId, detail: { after: given } }]);
  });

  test('of several different ones at once, one is recorded', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => post(rate('MRU', '2026-02-02', `42.0${index}`))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  test('keeps 15 digits on each side', async () => {
    const value = '123456789012345.123456789012345';
    expect((await post(rate('IDR', '2026-02-02', value))).body.rate).toBe(value);
    expect((await post(rate('VND', '2026-02-02', '0.000000000000001'))).body.rate).toBe('0.000000000000001');
  });

  test.each([
    [{ rate: 1.1 }, 'VALIDATION', 'rate'],
    [{ rate: '0' }, 'VALIDATION', 'rate'],
    [{ rate: '0.000' }, 'VALIDATION', 'rate'],
    [{ rate: '-1' }, 'VALIDATION', 'rate'],
    [{ rate: '1e3' }, 'VALIDATION', 'rate'],
    [{ rate: '1,1' }, 'VALIDATION', 'rate'],
    [{ rate: '1.1234567890123456' }, 'VALIDATION', 'rate'],
    [{ rate: '1234567890123456' }, 'VALIDATION', 'rate'],
    [{ base: 'XOF' }, 'VALIDATION', 'base'],
    [{ quote: 'eur' }, 'VALIDATION', 'quote'],
    [{ quote: 'ZZZ' }, 'CURRENCY_UNKNOWN', 'quote'],
    [{ quote: 'EUR' }, 'VALIDATION', 'quote'],
    [{ base: 'USD', quote: 'EUR' }, 'VALIDATION', 'quote'],
    [{ base: 'USD', quote: 'USD' }, 'CODE_REPEATED', 'quote'],
    [{ date: '2026-02-30' }, 'VALIDATION', 'date'],
    [{ date: toDay(new Date(Date.now() + 3 * 86_400_000)) }, 'DATE_IN_FUTURE', 'date'],
    [{ source: '' }, 'VALIDATION', 'source'],
    [{ recordedBy: 'me' }, 'VALIDATION', 'body'],
  ])('refuses %j with %s at %s', async (more, code, field) => {
    const input = { ...rate('CHF', '2026-02-02', '0.94'), ...more };
    const fr = await post(input);
    expect(fr.body).toMatchObject({ status: 400, code, field });
    const en = await post(input, { 'accept-language': 'en' });
    expect(en.body).toMatchObject({ status: 400, code, field });
    expect(en.body.title).not.toBe(fr.body.title);
  });
});

describe('GET /v1/fx-rates', () => {
  beforeAll(async () => {
    const rates = ['2020-03-02', '2020-03-03', '2020-03-04'].flatMap((date) => [
      rate('GBP', date, '0.87'), rate('JPY', date, '120'), rate('JPY', date, '121', { source: 'IMF' }), rate('JPY', date, '108', { source: 'IMF', base: 'USD' }),
    ]);
    await importRates(app.deps.db, rates, officer.userId);
  });

  test('lists the newest first, each once, whatever the size of the page', async () => {
    const range = { from: '2020-01-01', to: '2020-12-31' };
    const { body: all } = await list(range);
    expect(all.nextCursor).toBeNull();
    const keys = (await itemsOf(list(range))).map(({ date, quote, source, base }) => [date, quote, source, base].join(' '));
    expect(keys).toHaveLength(12);
    expect(keys.slice(0, 5)).toEqual(['2020-03-04 GBP ECB EUR', '2020-03-04 JPY ECB EUR', '2020-03-04 JPY IMF EUR', '2020-03-04 JPY IMF USD', '2020-03-03 GBP ECB EUR']);
    for (const limit of ['1', '2', '3', '5', '11', '12']) {
      expect(await everyPage(list, { ...range, limit })).toEqual(all.items);
    }
  });

  test('filters by currency, source and days', async () => {
    const found = async (query: object) => (await itemsOf(list({ from: '2020-01-01', to: '2020-12-31', ...query }))).length;
    expect(await found({ quote: 'GBP' })).toBe(3);
    expect(await found({ quote: 'JPY', source: 'IMF' })).toBe(6);
    expect(await found({ from: '2020-03-03', to: '2020-03-03' })).toBe(4);
    expect(await found({ quote: 'CHF' })).toBe(0);
  });

  test.each([
    [{ cursor: 'x' }, 'CURSOR_INVALID', 'cursor'],
    [{ cursor: Buffer.from('["2020-01-01","JPY","E\\u0000","EUR"]').toString('base64url') }, 'CURSOR_INVALID', 'cursor'],
    [{ cursor: Buffer.from('["yesterday","JPY","ECB","EUR"]').toString('base64url') }, 'CURSOR_INVALID', 'cursor'],
    [{ from: '2020' }, 'VALIDATION', 'from'],
    [{ quote: 'yen' }, 'VALIDATION', 'quote'],
    [{ limit: 'all' }, 'VALIDATION', 'limit'],
    [{ sort: 'rate' }, 'VALIDATION', 'query'],
  ])('refuses %j with %s at %s', async (query, code, field) => {
    expect((await list(query)).body).toMatchObject({ status: 400, code, field });
  });
});

describe('importRates', () => {
  test('counts what is new, what is there, and names what contradicts', async () => {
    const rates = [rate('SEK', '2019-05-02', '10.7'), rate('SEK', '2019-05-03', '10.710'), rate('NOK', '2019-05-03', '9.8')];
    const { db } = app.deps;
    expect(await importRates(db, rates, officer.userId)).toEqual({ inserted: 3, unchanged: 0, conflicts: [] });
    const again = [...rates, rate('SEK', '2019-05-03', '10.71'), rate('NOK', '2019-05-03', '9.9'), rate('NOK', '2019-05-06', '9.7'), rate('NOK', '2019-05-06', '9.6')];
    expect(await importRates(db, again, officer.userId)).toEqual({
      inserted: 1,
      unchanged: 4,
      conflicts: [{ ...rate('NOK', '2019-05-03', '9.9'), existing: '9.8' }, { ...rate('NOK', '2019-05-06', '9.6'), existing: '9.7' }],
    });
    expect(await importRates(db, [], officer.userId)).toEqual({ inserted: 0, unchanged: 0, conflicts: [] });
  });

  test('leaves nothing when its transaction fails', async () => {
    const { db } = app.deps;
    const failing = inTransaction(db, async (tx) => {
      await importRates(tx, [rate('DKK', '2019-05-02', '7.46')], officer.userId);
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await db.fxRate.count({ where: { quote: 'DKK' } })).toBe(0);
  });

  const testReal = existsSync(REAL) ? test : test.skip;
  testReal('takes the whole history of the ECB in seconds, and again without a change', async () => {
    const rates = readEcbHistory(readFileSync(REAL)).rates.map((one) => ({ source: 'ECB-HISTORY', base: 'EUR', ...one }));
    const { db } = app.deps;
    const started = performance.now();
    expect(await inTransaction(db, (tx) => importRates(tx, rates, officer.userId))).toEqual({ inserted: rates.length, unchanged: 0, conflicts: [] });
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(await inTransaction(db, (tx) => importRates(tx, rates, officer.userId))).toEqual({ inserted: 0, unchanged: rates.length, conflicts: [] });
  });
});

describe('loadRateBook', () => {
  // Each test has a year of its own, later than every rate recorded above.
  const book = (currencies: readonly string[], valueDate: string) => loadRateBook(app.deps.db, currencies, valueDate);
  const add = (...rates: Rate[]) => importRates(app.deps.db, rates, officer.userId);
  const chosen = async (quote: string, valueDate: string) => (await book([quote], valueDate)).get(quote);
  const usd = { source: 'IMF', base: 'USD' };

  test('takes the rate of the day, or the last one before it: on a Sunday that of Friday', async () => {
    await add(rate('USD', '2030-03-01', '1.10'), rate('USD', '2030-03-04', '1.20'), rate('GHS', '2030-03-01', '12.1'), rate('GHS', '2030-03-04', '12.4'));
    expect(await chosen('GHS', '2030-03-01')).toEqual(rate('GHS', '2030-03-01', '12.1'));
    expect(await chosen('GHS', '2030-03-03')).toEqual(rate('GHS', '2030-03-01', '12.1'));
    expect(await chosen('GHS', '2030-03-04')).toEqual(rate('GHS', '2030-03-04', '12.4'));
    expect((await book(['GHS'], '2030-03-03')).get('USD')).toEqual(rate('USD', '2030-03-01', '1.1'));
  });

  test('has no rate that is not there, not yet there, or too old', async () => {
    await add(rate('NGN', '2031-01-01', '1500'));
    expect(await chosen('NGN', '2030-12-31')).toBeUndefined();
    expect(await chosen('NGN', '2032-01-02')).toEqual(rate('NGN', '2031-01-01', '1500'));
    expect(MOST_RATE_AGE_DAYS).toBe(366);
    expect(await chosen('NGN', '2032-01-03')).toBeUndefined();
    expect(findLegs('NGN', 'EUR', await book(['NGN'], '2032-01-03'))).toBeUndefined();
  });

  test('prefers a fresh rate per euro to a later one per dollar, and the later one once the euro’s is stale', async () => {
    await add(rate('ETB', '2033-06-01', '60'), rate('ETB', '2033-06-09', '55', usd), rate('ETB', '2033-05-30', '59.9', { source: 'AAA' }));
    expect(MOST_EURO_RATE_AGE_DAYS).toBe(10);
    expect(await chosen('ETB', '2033-06-11')).toEqual(rate('ETB', '2033-06-01', '60'));
    expect(await chosen('ETB', '2033-06-12')).toEqual(rate('ETB', '2033-06-09', '55', usd));
    expect(await chosen('ETB', '2033-06-08')).toEqual(rate('ETB', '2033-06-01', '60'));
  });

  test('breaks ties by the euro first, then by the name of the source', async () => {
    await add(rate('LRD', '2034-01-02', '180', { source: 'AA', base: 'USD' }), rate('LRD', '2034-01-02', '200', { source: 'ZZ' }), rate('LRD', '2034-01-02', '201', { source: 'BB' }));
    expect(await chosen('LRD', '2034-01-02')).toEqual(rate('LRD', '2034-01-02', '201', { source: 'BB' }));
    expect(await chosen('LRD', '2034-06-01')).toEqual(rate('LRD', '2034-01-02', '201', { source: 'BB' }));
  });

  test('takes a currency that only the IMF quotes, once a year and per dollar, through the dollar per euro', async () => {
    await add(rate('SSP', '2034-12-31', '3000', usd), rate('USD', '2035-07-02', '1.25'));
    const rates = await book(['SSP'], '2035-07-03');
    expect(rates.get('SSP')).toEqual(rate('SSP', '2034-12-31', '3000', usd));
    const legs = findLegs('SSP', 'EUR', rates)!;
    expect(convert(37_500_00n, { currency: 'SSP', exponent: 2 }, { currency: 'EUR', exponent: 2 }, legs)).toBe(10_00n);
    const toFrancs = findLegs('SSP', 'XOF', rates)!;
    expect(convert(37_500_00n, { currency: 'SSP', exponent: 2 }, { currency: 'XOF', exponent: 0 }, toFrancs)).toBe(6560n);
  });

  test('always has the fixed franc, and for XAF too when asked, whatever was published', async () => {
    await add(rate('XAF', '2036-01-02', '700'), rate('XOF', '2036-01-02', '701'));
    const fixed = (quote: string) => ({ base: 'EUR', quote, rate: '655.957', date: '1999-01-01', source: 'BCEAO/BEAC' });
    expect((await book([], '2036-01-02')).get('XOF')).toEqual(fixed('XOF'));
    expect(await chosen('XAF', '2036-01-02')).toEqual(fixed('XAF'));
    expect((await book(['EUR'], '2036-01-02')).has('XAF')).toBe(false);
  });

  test('before the euro a franc has only what was published', async () => {
    expect(await chosen('XOF', '1998-12-31')).toBeUndefined();
    await add(rate('XAF', '1998-12-31', '560', usd));
    expect(await chosen('XAF', '1998-12-31')).toEqual(rate('XAF', '1998-12-31', '560', usd));
  });

  test('is empty but for the franc where nothing was published', async () => {
    expect([...(await book(['EUR', 'MRU', 'USD'], '2050-01-01')).keys()]).toEqual(['XOF']);
  });
});
