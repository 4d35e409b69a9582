import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The demonstration's own secrets: random, written once, readable by their owner only. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly superuserPassword: string;
  readonly ownerPassword: string;
}

export function secretsOf(dataDir: string): Secrets {
  const file = path.join(dataDir, 'demo-secrets.json');
  if (!existsSync(file)) writeOnce(file, { jwtSecret: random(), superuserPassword: random(), ownerPassword: random() });
  chmodSync(file, 0o600);
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
}

/** Of two processes that come first, the second reads what the first has written. */
function writeOnce(file: string, secrets: Secrets): void {
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
