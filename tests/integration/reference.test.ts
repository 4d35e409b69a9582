import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { roles } from '../../src/domain/policy.js';
import { referenceEndpoints } from '../../src/features/reference/reference.routes.js';
import { type Answered, itemsOf, signIn } from '../support/answers.js';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

async function list(name: string): Promise<readonly Answered[]> {
  const { headers } = await signIn(app, 'donor');
  return itemsOf(app.anonymous.get(`/v1/reference/${name}`).set(headers));
}

const names = { nameFr: expect.stringMatching(/./), nameEn: expect.stringMatching(/./) };

describe('reference lists', () => {
  test.each([
    ['countries', 'iso3', { iso3: 'MLI', iso2: 'ML', numeric: '466', nameFr: 'Mali', nameEn: 'Mali', pseudo: false }],
    ['currencies', 'code', { code: 'XOF', numeric: '952', exponent: 0, ...names, historic: false }],
    ['currencies', 'code', { code: 'KWD', numeric: '414', exponent: 3, ...names, historic: false }],
    ['sectors', 'code', { code: expect.any(String), parentCode: null, ...names }],
    ['mechanisms', 'code', { code: 'pooled_fund', ...names, definitionFr: expect.stringMatching(/\./), definitionEn: expect.stringMatching(/\./) }],
    ['beneficiary-groups', 'code', { code: 'refugees', ...names }],
    ['organisation-types', 'code', { code: '10', ...names }],
    ['contribution-types', 'code', { code: 'in_kind', ...names }],
    ['earmarkings', 'code', { code: 'unearmarked', ...names }],
    ['organisation-roles', 'code', { code: 'social_protection_body', ...names }],
  ])('%s holds, in the order of %s, %j', async (name, key, entry) => {
    const items = await list(name);
    const codes = items.map((item) => String(item[key]));
    expect(items).toContainEqual(entry);
    expect(codes).toEqual([...new Set(codes)].sort());
  });

  test('regions say which states belong to them, as what, and since when', async () => {
    const aes = (await list('regions')).find(({ code }) => code === 'AES');
    expect(aes).toMatchObject({ nameFr: 'Alliance des États du Sahel', nameEn: 'Alliance of Sahel States' });
    expect(aes?.memberships).toContainEqual({ country: 'NER', status: 'member', validFrom: '2023-09-16', validTo: null, source: expect.any(String) });
    expect(aes?.memberships).toContainEqual({ country: 'TCD', status: 'invited', validFrom: '2025-08-07', validTo: null, source: expect.any(String) });
  });

  test.each(referenceEndpoints.map(({ path }) => path))('%s is for everybody who is signed in, and for a while in their own cache', async (path) => {
    for (const role of roles) {
      const { headers } = await signIn(app, role);
      const { status, headers: answered } = await app.anonymous.get(path).set(headers);
      expect([status, answered['cache-control']]).toEqual([200, 'private, max-age=300']);
    }
    expect((await app.anonymous.get(path)).status).toBe(401);
  });
});
