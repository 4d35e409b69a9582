import path from 'node:path';
import { cliText } from '../../src/i18n/cli.js';
import type { Role } from '../../src/domain/policy.js';
import type { Language } from '../../src/i18n/language.js';

/** Somebody who can log in to the demonstration. */
export interface DemoUser {
  readonly login: string;
  readonly email: string;
  readonly password: string;
  readonly role: Role;
  /** Whether a code is asked for too. */
  readonly secondFactor: boolean;
}

export interface ReadyReport {
  readonly address: string;
  readonly users: readonly DemoUser[];
  readonly dataDir: string;
  /** Whether mails are files that are shown at /mails. */
  readonly mailPages: boolean;
  /** Whether the data is in the data folder. */
  readonly embedded: boolean;
}

/** Tells, once in each language, where the application is and how to log in. */
export function showReady(report: ReadyReport, languages: readonly Language[], say: (line: string) => void): void {
  for (const language of languages) {
    say('');
    for (const line of linesOf(report, language)) say(line);
  }
}

function linesOf({ address, users, dataDir, mailPages, embedded }: ReadyReport, language: Language): string[] {
  const folder = path.relative(process.cwd(), dataDir) || '.';
  const shown = folder.startsWith('..') ? dataDir : folder;
  return [
    cliText(language, 'ready.title', { address }),
    cliText(language, 'ready.docs', { address }),
    ...(mailPages ? [cliText(language, 'ready.mails', { address })] : []),
    ...loginLines(address, users, language),
    embedded ? cliText(language, 'ready.data', { folder: shown }) : cliText(language, 'ready.logs', { folder: path.join(shown, 'logs') }),
    cliText(language, 'ready.stop'),
  ];
}

function loginLines(address: string, users: readonly DemoUser[], language: Language): string[] {
  const [first] = users;
  if (!first) return [];
  const width = Math.max(...users.map((user) => user.email.length));
  const code = (login: string) => `npm run -s demo-code -- ${login}`;
  const totp = first.secondFactor ? `,\\"totp\\":\\"$(${code(first.login)})\\"` : '';
  const body = `{\\"email\\":\\"${first.email}\\",\\"password\\":\\"${first.password}\\"${totp}}`;
  return [
    cliText(language, 'ready.users'),
    ...users.map((user) => `    ${user.email.padEnd(width)}  ${user.password}  ${cliText(language, `ready.role.${user.role}`)}${user.secondFactor ? ' *' : ''}`),
    cliText(language, 'ready.code', { command: code(first.login) }),
    cliText(language, 'ready.curl'),
    `    curl -s ${address}/v1/auth/login -H 'Content-Type: application/json' -d "${body}"`,
  ];
}
