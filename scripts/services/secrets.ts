import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment, Settings } from '../../src/platform/config.js';
import type { DataKeys } from '../../src/platform/secret-box.js';
import type { SettingName } from '../../src/platform/settings.js';

/** The demonstration's own secrets: random, written once, readable by their owner only. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly dataKey: string;
  readonly superuserPassword: string;
  readonly ownerPassword: string;
}

export function secretsOf(dataDir: string): Secrets {
  return {
    ...kept(path.join(dataDir, 'demo-secrets.json'), { jwtSecret: random(), superuserPassword: random(), ownerPassword: random() }),
    // In a file of its own: the first one may have been written before there was a data key.
    ...kept(path.join(dataDir, 'demo-data-key.json'), { dataKey: random() }),
  };
}

/** The keys of a demonstration, where the settings give none. */
export function demoKeys(settings: Settings, dataDir: string): Environment {
  const { jwtSecret, dataKey } = secretsOf(dataDir);
  return supplied(settings, { JWT_SECRET: jwtSecret, DATA_KEY: dataKey });
}

/** The keys that seal what is kept secret in the database. */
export function dataKeysOf(settings: Settings, dataDir: string): DataKeys {
  return { current: settings.DATA_KEY ?? secretsOf(dataDir).dataKey, previous: settings.DATA_KEY_PREVIOUS };
}

/** Those of the values that the settings do not give: a secret that also stands in a file would be refused. */
export function supplied(settings: Settings, values: Partial<Record<SettingName, string>>): Environment {
  return Object.fromEntries(Object.entries(values).filter(([name]) => settings[name as SettingName] === undefined));
}

function kept<Kept extends Partial<Secrets>>(file: string, fresh: Kept): Kept {
  if (!existsSync(file)) writeOnce(file, fresh);
  chmodSync(file, 0o600);
  return JSON.parse(readFileSync(file, 'utf8')) as Kept;
}

/** Of two processes that come first, the second reads what the first has written. */
function writeOnce(file: string, secrets: Partial<Secrets>): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

function random(): string {
  return randomBytes(36).toString('hex');
}
