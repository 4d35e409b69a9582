import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endpoints } from '../src/endpoints.js';
import { openApiDocument } from '../src/http/openapi.js';
import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { version } from '../src/platform/version.js';
import { runCommand } from './services/run-command.js';

const NAME = 'openapi.json';
const FILE = path.resolve(__dirname, '..', NAME);

// `npm run openapi` writes the description of the API; `-- --check` only compares it and exits 1 when it is out of date.
runCommand(() => Promise.resolve(process.argv.includes('--check') ? check() : write()));

function write(): number {
  writeFileSync(FILE, describeApi());
  console.log(say('openapi.written'));
  return 0;
}

function check(): number {
  if (existsSync(FILE) && readFileSync(FILE, 'utf8') === describeApi()) {
    console.log(say('openapi.same'));
    return 0;
  }
  console.error(say('openapi.drift'));
  return 1;
}

function describeApi(): string {
  return `${JSON.stringify(openApiDocument(endpoints, version), null, 2)}\n`;
}

function say(key: 'openapi.written' | 'openapi.same' | 'openapi.drift'): string {
  return cliText(terminalLanguage(process.env), key, { file: NAME });
}
