import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { demoKeys, secretsOf, supplied } from '../../scripts/services/secrets.js';
import { readSettings } from '../../src/platform/config.js';

const folder = mkdtempSync(path.join(tmpdir(), 'liptako-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const newFolder = () => mkdtempSync(path.join(folder, 'data-'));

test('the demonstration’s secrets are long, kept, and readable by their owner only', () => {
  const dataDir = newFolder();
  const secrets = secretsOf(dataDir);
  expect(new Set(Object.values(secrets)).size).toBe(4);
  for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(secretsOf(dataDir)).toEqual(secrets);
  expect(readdirSync(dataDir).map((file) => statSync(path.join(dataDir, file)).mode & 0o777)).toEqual([0o600, 0o600]);
});

test('a folder from before there was a data key keeps its secrets and gets one', () => {
  const dataDir = newFolder();
  const kept = { jwtSecret: 'signing key', superuserPassword: 'one', ownerPassword: 'other' };
  writeFileSync(path.join(dataDir, 'demo-secrets.json'), JSON.stringify(kept));
  const secrets = secretsOf(dataDir);
  expect(secrets).toEqual({ ...kept, dataKey: expect.stringMatching(/^\w{64,}$/) });
  expect(secretsOf(dataDir)).toEqual(secrets);
});

test('what the settings give, directly or by a file, is not supplied a second time', () => {
  const dataDir = newFolder();
  const file = path.join(newFolder(), 'key');
  writeFileSync(file, 'a signing key of thirty-two bytes or more');
  expect(Object.keys(demoKeys(readSettings({}), dataDir))).toEqual(['JWT_SECRET', 'DATA_KEY']);
  expect(Object.keys(demoKeys(readSettings({ JWT_SECRET_FILE: file }), dataDir))).toEqual(['DATA_KEY']);
  expect(supplied(readSettings({ REDIS_URL: 'redis://queue' }), { REDIS_URL: 'redis://other', PUBLIC_URL: 'http://127.0.0.1' })).toEqual({ PUBLIC_URL: 'http://127.0.0.1' });
});
