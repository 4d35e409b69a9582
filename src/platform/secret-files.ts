import { readFileSync } from 'node:fs';
import { type Environment, secretSettings } from './settings.js';

/** Why a secret was not read from its file: both ways were used, the file is empty, or the system's code such as ENOENT. */
export interface SecretFileFault {
  readonly name: string;
  readonly fault: 'both' | 'empty' | { readonly code: string };
}

/** The name under which a secret is given as a file. */
export function fileSettingOf(name: string): string {
  return `${name}_FILE`;
}

/** The environment with the secrets that stand in files put under their own names. */
export function withSecretFiles(env: Environment): { readonly env: Environment; readonly faults: readonly SecretFileFault[] } {
  const secrets: Record<string, string> = {};
  const faults: SecretFileFault[] = [];
  for (const name of secretSettings) {
    const file = env[fileSettingOf(name)];
    if (file === undefined) continue;
    const read = env[name] === undefined ? readSecret(file) : { fault: 'both' as const };
    if ('fault' in read) faults.push({ name: fileSettingOf(name), fault: read.fault });
    else secrets[name] = read.secret;
  }
  return { env: { ...env, ...secrets }, faults };
}

function readSecret(file: string): { readonly secret: string } | Pick<SecretFileFault, 'fault'> {
  try {
    const secret = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
    return secret.trim() === '' ? { fault: 'empty' } : { secret };
  } catch (error) {
    return { fault: { code: (error as NodeJS.ErrnoException).code ?? '' } };
  }
}
