import { expect, test } from '@jest/globals';
import { assert, constantFrom, date, nat, property, uuid } from 'fast-check';
import { redact } from '../../src/platform/redact.js';
import { readLink, signLink } from '../../src/platform/signed-link.js';

const keys = { current: 'a key of at least thirty-two bytes', previous: undefined };
const soon = date({ min: new Date('2026-01-01'), max: new Date('2099-01-01'), noInvalidDate: true });
const formats = constantFrom('pdf', 'csv', 'json', 'xlsx');

test('a link says what it was made for until its time, also under the key before', () => {
  assert(
    property(uuid(), formats, soon, (deliveryId, format, moment) => {
      const expiresAt = new Date(Math.floor(moment.getTime() / 1000) * 1000);
      const token = signLink({ deliveryId, format, expiresAt }, keys);
      expect(token).toMatch(/^[\w.-]+$/);
      const before = new Date(expiresAt.getTime() - 1);
      expect(readLink(token, keys, before)).toEqual({ deliveryId, format, expiresAt });
      expect(readLink(token, { current: 'another key of at least 32 bytes!', previous: keys.current }, before)).toEqual({ deliveryId, format, expiresAt });
      expect(readLink(token, { current: 'another key of at least 32 bytes!' }, before)).toBeUndefined();
      expect(readLink(token, keys, expiresAt)).toBeUndefined();
    }),
  );
});

test('a link that was changed anywhere is none', () => {
  assert(
    property(uuid(), formats, soon, nat(), constantFrom('0', 'a', 'Z', '-', '_', '.'), (deliveryId, format, expiresAt, place, character) => {
      const token = signLink({ deliveryId, format, expiresAt }, keys);
      const at = place % token.length;
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      if (changed !== token) expect(readLink(changed, keys, new Date('2025-01-01'))).toBeUndefined();
    }),
  );
});

test('a log line shows none', () => {
  const token = signLink({ deliveryId: '0199aaaa-0000-7000-8000-000000000001', format: 'pdf', expiresAt: new Date('2027-01-01') }, keys);
  expect(redact({ req: { url: `/v1/shared/${token}?x=1` } })).toEqual({ req: { url: '/v1/shared/[redacted]?x=1' } });
});
