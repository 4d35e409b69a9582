// Runs a TypeScript file of the project on a fresh clone: installs and generates what is missing first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const english = process.env.LIPTAKO_LANG === 'en';
const at = (...parts) => path.join(root, ...parts);
const say = (fr, en) => process.stderr.write(`${english ? en : fr}\n`);

function fail(fr, en) {
  say(fr, en);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  const found = process.versions.node;
  fail(`Node 20.19 ou plus récent est nécessaire ; trouvé : ${found}.`, `Node 20.19 or later is needed; found: ${found}.`);
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** npm notes what it installed in a hidden lock file, last of all. */
function isInstalled() {
  const note = at('node_modules/.package-lock.json');
  if (!existsSync(note)) return false;
  const installed = readJson(note).packages;
  const withoutDev = process.env.NODE_ENV === 'production';
  return Object.entries(readJson(at('package-lock.json')).packages).every(([name, wanted]) => {
    if (name === '' || wanted.link) return true;
    const found = installed[name];
    if (!found) return Boolean(wanted.optional || wanted.devOptional || (withoutDev && wanted.dev));
    return found.version === wanted.version;
  });
}

function npm(...args) {
  const cli = process.env.npm_execpath;
  const [program, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  return spawnSync(program, [...first, ...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, encoding: 'utf8' });
}

function install() {
  say('Installation des dépendances (npm), une minute environ…', 'Installing the dependencies (npm), about a minute…');
  let { status, stderr } = npm('ci');
  // A mirror may lack packages for other systems; npm ci then refuses any lock file, npm install leaves them aside.
  if (stderr.includes('EUSAGE')) ({ status, stderr } = npm('install', '--no-save'));
  if (status !== 0) fail(`L’installation a échoué :\n${stderr}`, `The installation failed:\n${stderr}`);
}

function generateClient() {
  const schema = at('prisma/schema.prisma');
  if (!existsSync(schema)) return;
  const stamp = at('src/generated/prisma/.schema-sha256');
  const hash = createHash('sha256').update(readFileSync(schema)).update(readFileSync(at('node_modules/prisma/package.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('node_modules/prisma/build/index.js'), 'generate'], {
    cwd: root,
    encoding: 'utf8',
    // Generating needs no engine, but the command looks for one and would download it; any existing file contents it.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
  });
  if (status !== 0) fail(`« prisma generate » a échoué :\n${stdout}${stderr}`, `"prisma generate" failed:\n${stdout}${stderr}`);
  writeFileSync(stamp, hash);
}

checkNode();
const [, , script, ...args] = process.argv;
if (script === undefined) fail('Usage : node scripts/run.mjs fichier.ts', 'Usage: node scripts/run.mjs file.ts');
if (!isInstalled()) install();
generateClient();
if (existsSync(at('.env'))) process.loadEnvFile(at('.env'));

// In this very process, so that signals, exit code and terminal are those of the script.
const require = createRequire(import.meta.url);
require('tsx/cjs');
const file = path.resolve(root, script);
process.argv = [process.execPath, file, ...args];
require(file);
