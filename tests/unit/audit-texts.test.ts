import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { auditEn } from '../../src/i18n/audit.en.js';
import { auditFr } from '../../src/i18n/audit.fr.js';
import { auditText } from '../../src/i18n/audit.js';

const FEATURES = path.resolve(__dirname, '../../src/features');
const ACT = /(?:recordAudit\(|action:|act:|keep\(|audits:|readsRestricted\()[^;]{0,120}?'([a-z_]+\.[a-z_.-]+)'/g;

/** Every act that the sources name in full. */
function namedActs(): readonly string[] {
  const files = readdirSync(FEATURES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return [...new Set(files.flatMap((file) => [...readFileSync(path.join(FEATURES, file), 'utf8').matchAll(ACT)].map(([, act = '']) => act)))];
}

test('every act has a sentence', () => {
  const acts = namedActs();
  expect(acts).toEqual(expect.arrayContaining(['pledge.create', 'report.download', 'disbursements.read', 'organisation.merge', 'user.suspend']));
  expect(acts.filter((act) => auditText('fr', 'action', act) === act)).toEqual([]);
});

test('both languages say the same things', () => {
  expect(Object.keys(auditEn).sort()).toEqual(Object.keys(auditFr).sort());
  expect(Object.values(auditFr).filter((text) => text.includes(' :') || text.includes(' %'))).toEqual([]);
});
