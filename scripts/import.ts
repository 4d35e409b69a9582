import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { loadReferenceData } from '../prisma/reference/load.js';
import type { Deps } from '../src/deps.js';
import { DomainError } from '../src/domain/problem.js';
import { SYSTEM_USER_ID } from '../src/domain/system-user.js';
import { type ImportInput, importBody, type ImportOptions } from '../src/features/imports/imports.schema.js';
import { importOptions, runImport, toRowWire, toWire } from '../src/features/imports/imports.service.js';
import { findImport, findRows, insertImport } from '../src/features/imports/imports.store.js';
import type { SourceFile } from '../src/features/imports/source-text.js';
import { cliText } from '../src/i18n/cli.js';
import { importText } from '../src/i18n/import-problems.js';
import { problemText } from '../src/i18n/problems.js';
import { openDeps } from '../src/open-deps.js';
import { parseConfig, readSettings, terminalLanguage } from '../src/platform/config.js';
import { inTransaction } from '../src/platform/db.js';
import { createLogger } from '../src/platform/logger.js';
import { applyMigrations, migrationStatus } from '../src/platform/migrate.js';
import { runCommand } from './services/run-command.js';
import { supplied } from './services/secrets.js';
import { type ServiceUrls, withServices } from './services/with-services.js';

const language = terminalLanguage(process.env);
const MOST_PROBLEMS = 20;

type ImportWire = ReturnType<typeof toWire>;
type Counts = NonNullable<ImportWire['summary']>['counts'];
type Totals = NonNullable<NonNullable<ImportWire['summary']>['totals']>;

interface Command {
  readonly input: ImportInput;
  readonly files: readonly string[];
}

// `npm run import -- fts <files…>`, or another source and its files; exits 0, 1 when nothing could be read, 2 when it is called wrongly.
runCommand(async () => {
  const command = readCommand(process.argv.slice(2));
  if (!command) {
    console.error(cliText(language, 'import.usage'));
    return 2;
  }
  const files = command.files.map(readSource);
  const unreadable = files.filter((file) => 'code' in file);
  for (const { name, code } of unreadable) console.error(cliText(language, 'import.unreadable', { file: name, code }));
  if (unreadable.length > 0) return 1;
  return withServices((services) => importWith(services, command.input, files.filter((file) => 'content' in file)));
});

function readCommand(args: readonly string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, complete: { type: 'boolean' }, countries: { type: 'string' }, years: { type: 'string' }, 'as-of': { type: 'string' } },
    });
    const [source, ...files] = positionals;
    const { countries, years, complete, 'dry-run': dryRun, 'as-of': asOf } = values;
    const input = importBody.safeParse({ source, ...(countries && { countries }), ...(years && { years }), ...(asOf && { asOf }), complete: String(complete ?? false), dryRun: String(dryRun ?? false) });
    return input.success && files.length > 0 ? { input: input.data, files } : null;
  } catch {
    return null;
  }
}

function readSource(file: string): SourceFile | { readonly name: string; readonly code: string } {
  const name = path.basename(file);
  try {
    return { name, content: readFileSync(file) };
  } catch (error) {
    return { name: file, code: (error as NodeJS.ErrnoException).code ?? '' };
  }
}

async function importWith({ databaseUrl, env }: ServiceUrls, input: ImportInput, files: readonly SourceFile[]): Promise<number> {
  if (!(await isUpToDate(databaseUrl))) return 1;
  // Nothing is queued, mailed or asked by anybody signed in, so neither Redis nor a signing key nor an address of the settings is needed.
  const unused = { REDIS_URL: 'redis://127.0.0.1:1', JWT_SECRET: randomBytes(32).toString('hex'), PUBLIC_URL: 'http://127.0.0.1' };
  const config = parseConfig({ ...env, ...supplied(readSettings(env), unused) });
  const deps = await openDeps(config, createLogger(config, 'import', pino.destination(2)), 'system');
  try {
    const { id } = await importFiles(deps, importOptions(deps.reference, input), input.dryRun, files);
    return await report(deps, id);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    console.error(cliText(language, 'import.failed', problemText(language, error.code, error.params)));
    return 2;
  } finally {
    await deps.db.$disconnect();
  }
}

/** The database that this folder keeps itself is brought up to date; one that was named is only looked at. */
async function isUpToDate(databaseUrl: string): Promise<boolean> {
  if (!process.env.DATABASE_URL) {
    await applyMigrations(databaseUrl);
    await loadReferenceData(databaseUrl);
    return true;
  }
  const { pending } = await migrationStatus(databaseUrl);
  if (pending.length > 0) console.error(cliText(language, 'ledger.notMigrated', { names: pending.join(', ') }));
  return pending.length === 0;
}

async function importFiles(deps: Deps, options: ImportOptions, dryRun: boolean, files: readonly SourceFile[]): Promise<{ readonly id: string }> {
  const { id } = await inTransaction(deps.db, (tx) => insertImport(tx, { options, dryRun, files, requestedBy: SYSTEM_USER_ID }));
  try {
    await runImport.run(deps, { runId: id });
  } catch (error) {
    await runImport.giveUp(deps, { runId: id }, error instanceof Error ? error.message : String(error));
    throw error;
  }
  return { id };
}

async function report({ db }: Deps, id: string): Promise<number> {
  const row = await findImport(db, id);
  if (!row) return 1;
  const run = toWire(row, language);
  if (run.error) console.error(cliText(language, 'import.failed', run.error));
  if (run.summary) {
    if (run.dryRun) console.log(cliText(language, 'import.dryRun'));
    const { warnings, ...numbers } = run.summary.counts;
    console.log(cliText(language, 'import.counts', numbers));
    if (run.summary.totals) showTotals(run.summary.totals);
    for (const [code, count] of Object.entries(warnings)) console.log(cliText(language, 'import.warning', { count, text: importText(language, 'warning', code) }));
  }
  await showProblems(db, id);
  return run.summary && hasRead(run.summary.counts) ? 0 : 1;
}

function hasRead({ created, updated, unchanged, older, leftOut, read, problems }: Counts): boolean {
  return created + updated + unchanged + older + leftOut > 0 || (read === 0 && problems === 0);
}

function showTotals({ header, matchesHeader, ...buckets }: Totals): void {
  for (const kind of ['funding', 'pledges', 'shared', 'sharedPledges', 'internal', 'internalPledges'] as const) {
    const { flows, usd } = buckets[kind];
    if (flows > 0 || kind === 'funding') console.log(cliText(language, `import.${kind}`, { usd: grouped(usd), flows }));
  }
  if (!header) return;
  const { flows, funding, pledges } = header;
  console.log(matchesHeader ? cliText(language, 'import.headerMatches') : cliText(language, 'import.headerDiffers', { flows, funding: grouped(funding), pledges: grouped(pledges) }));
}

/** A decimal string as people write it; every digit is kept. */
function grouped(decimal: string): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 20 }).format(decimal as Intl.StringNumericLiteral);
}

async function showProblems(db: Deps['db'], id: string): Promise<void> {
  const { items, nextCursor } = await findRows(db, id, { limit: MOST_PROBLEMS, action: 'problem' });
  for (const row of items) {
    const { file, row: at, externalId, text } = toRowWire(row, language);
    const place = [file === null ? null : at === null ? file : `${file}:${at}`, externalId].filter((part) => part !== null).join(' ');
    console.log(cliText(language, 'import.problem', { place: place || '-', text: text ?? '' }));
  }
  if (nextCursor === null) return;
  const count = (await db.importRow.count({ where: { importId: id, action: 'problem' } })) - MOST_PROBLEMS;
  console.log(cliText(language, 'import.moreProblems', { count }));
}
