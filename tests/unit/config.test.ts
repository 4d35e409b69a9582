import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Environment, parseConfig, readSettings, settingsSchema } from '../../src/platform/config.js';

const JWT_SECRET = 'k7Qm2vXz9Lr4Tn8Wp1Ys6Bd3Gh5Jf0Ac';
const production: Environment = { DATABASE_URL: 'postgresql://app:hush@db:5432/liptako', REDIS_URL: 'redis://queue:6379', JWT_SECRET };

function refusal(env: Environment): ConfigError {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const namesRefused = (env: Environment) => refusal(env).problems.map((problem) => problem.name);

describe('.env.example', () => {
  const lines = readFileSync(path.join(__dirname, '../../.env.example'), 'utf8').split('\n');
  const listed = lines.flatMap((line) => /^#?([A-Z][A-Z_]*)=/.exec(line)?.[1] ?? []);

  test('lists exactly the settings that exist', () => {
    expect(listed.toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted());
  });

  test('shows the default values', () => {
    const shown = Object.fromEntries(lines.flatMap((line) => (/^#([A-Z_]+)=(.+)$/.exec(line) ?? []).slice(1, 3)).reduce<string[][]>(pairs, []));
    const defaults = readSettings({});
    for (const name of ['DATABASE_POOL_SIZE', 'PORT', 'WORKER_PORT', 'IMPORT_MAX_BYTES', 'LOG_LEVEL', 'ACCESS_TOKEN_MINUTES'] as const) {
      expect(shown[name]).toBe(String(defaults[name]));
    }
  });
});

function pairs(all: string[][], word: string, index: number): string[][] {
  return index % 2 === 0 ? [...all, [word]] : [...all.slice(0, -1), [...all.at(-1)!, word]];
}

describe('the mode', () => {
  test('is the demonstration when no server is named', () => expect(readSettings({}).LIPTAKO_MODE).toBe('demo'));
  test('is production as soon as one is named', () => expect(parseConfig(production).mode).toBe('production'));
  test('is the one asked for', () => expect(parseConfig({ ...production, LIPTAKO_MODE: 'demo' }).mode).toBe('demo'));
  test('decides where to listen', () => {
    expect(parseConfig(production).host).toBe('0.0.0.0');
    expect(parseConfig({ ...production, LIPTAKO_MODE: 'demo' }).host).toBe('127.0.0.1');
    expect(parseConfig({ ...production, HOST: '10.1.2.3' }).host).toBe('10.1.2.3');
  });
});

describe('the signing key', () => {
  test('has no default outside tests', () => {
    expect(namesRefused({ ...production, JWT_SECRET: undefined })).toEqual(['JWT_SECRET']);
    expect(namesRefused({ ...production, LIPTAKO_MODE: 'demo', JWT_SECRET: '' })).toEqual(['JWT_SECRET']);
    expect(parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: production.DATABASE_URL }).jwtSecret.length).toBeGreaterThanOrEqual(32);
  });

  test('of 31 bytes is refused, of 32 accepted', () => {
    expect(namesRefused({ ...production, JWT_SECRET: JWT_SECRET.slice(0, 31) })).toEqual(['JWT_SECRET']);
    expect(parseConfig({ ...production, JWT_SECRET: JWT_SECRET.slice(0, 32) }).jwtSecret).toHaveLength(32);
  });
});

describe('a wrong setting', () => {
  test('is refused together with every other one', () => {
    const env = { ...production, PORT: '70000', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://db/x', JWT_SECRET: undefined, LIPTAKO_MOOD: 'demo' };
    expect(namesRefused(env).toSorted()).toEqual(['DATABASE_URL', 'JWT_SECRET', 'LIPTAKO_MOOD', 'LOG_LEVEL', 'PORT']);
    expect(refusal(env).message.split('\n')).toHaveLength(5);
  });

  test.each([
    ['PORT', '-1'], ['PORT', '3000.5'], ['PORT', '0x50'], ['PORT', '3e3'], ['DATABASE_POOL_SIZE', '0'], ['WORKER_CONCURRENCY', 'many'],
    ['ACCESS_TOKEN_MINUTES', '0'], ['TRUST_PROXY', 'true'], ['SHUTDOWN_TIMEOUT_SECONDS', '601'], ['IMPORT_MAX_BYTES', '10'],
    ['DEFAULT_LANGUAGE', 'de'], ['LIPTAKO_MODE', 'prod'], ['REDIS_URL', 'http://queue'], ['DATABASE_URL', 'postgresql://db:5432'],
    ['QUEUE_PREFIX', 'a:b'], ['JWT_ISSUER', 'two words'],
  ])('%s=%s names itself, what was found and what is expected', (name, value) => {
    const [problem, ...others] = refusal({ ...production, [name]: value }).problems;
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ name, found: expect.stringMatching(/./), expected: expect.stringMatching(/./) });
  }); // prettier-ignore

  test('is explained in French, or in English when asked', () => {
    expect(refusal({ ...production, PORT: 'x' }).message).toBe('PORT\u00a0: trouvé «\u00a0x\u00a0»\u00a0; attendu\u00a0: un nombre entier de 0 à 65535.');
    expect(refusal({ ...production, PORT: 'x', LIPTAKO_LANG: 'en' }).message).toBe('PORT: found "x"; expected: a whole number from 0 to 65535.');
  });

  test('never shows a secret', () => {
    const { message } = refusal({ ...production, JWT_SECRET: 'hunter2', DATABASE_URL: 'postgres//app:hunter2@db/x', REDIS_URL: 'http://:hunter2@x' });
    expect(message).not.toContain('hunter2');
  });
});

test('an empty value counts as absent', () => expect(parseConfig({ ...production, PORT: '', LOG_LEVEL: ' ' })).toMatchObject({ port: 3000, logLevel: 'info' }));
