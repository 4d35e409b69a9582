import { checkLedger, type LedgerResult } from '../src/features/ledger-check/ledger-check.service.js';
import { cliText } from '../src/i18n/cli.js';
import { ledgerCheckText } from '../src/i18n/ledger-checks.js';
import { type Environment, readSettings, terminalLanguage } from '../src/platform/config.js';
import { openDb } from '../src/platform/db.js';
import { migrationStatus } from '../src/platform/migrate.js';
import type { DataKeys } from '../src/platform/secret-box.js';
import { runCommand } from './services/run-command.js';
import { withServices } from './services/with-services.js';

const language = terminalLanguage(process.env);
const MOST_ROWS = 20;

// `npm run check-ledger` proves the invariants of the ledger on the live data and exits 1 when a row breaks one; `-- --json` prints all as JSON.
runCommand(() =>
  withServices(async ({ databaseUrl, env }) => {
    const { pending } = await migrationStatus(databaseUrl);
    if (pending.length > 0) {
      console.error(cliText(language, 'ledger.notMigrated', { names: pending.join(', ') }));
      return 1;
    }
    const results = await checkDatabase(databaseUrl, keysOf(env));
    console.log(process.argv.includes('--json') ? asJson(results) : asText(results));
    return results.every(({ rows }) => rows.length === 0) ? 0 : 1;
  }),
);

function keysOf(env: Environment): DataKeys | undefined {
  const { DATA_KEY, DATA_KEY_PREVIOUS } = readSettings(env);
  return DATA_KEY === undefined ? undefined : { current: DATA_KEY, previous: DATA_KEY_PREVIOUS };
}

async function checkDatabase(databaseUrl: string, keys: DataKeys | undefined): Promise<readonly LedgerResult[]> {
  const db = openDb(databaseUrl, 1, 'system');
  try {
    return await checkLedger(db, keys);
  } finally {
    await db.$disconnect();
  }
}

function asJson(results: readonly LedgerResult[]): string {
  return JSON.stringify(
    results.map((result) => ({ ...result, sentence: ledgerCheckText(language, result.code) })),
    null,
    2,
  );
}

function asText(results: readonly LedgerResult[]): string {
  const checks = results.length;
  const broken = results.filter(({ rows }) => rows.length > 0).length;
  const verdict = broken === 0 ? cliText(language, 'ledger.allHold', { checks }) : cliText(language, 'ledger.someBreak', { broken, checks });
  return [...results.flatMap(linesOf), verdict].join('\n');
}

function linesOf({ code, checked, rows, skipped }: LedgerResult): readonly string[] {
  const sentence = ledgerCheckText(language, code);
  if (skipped) return [cliText(language, 'ledger.skipped', { code, sentence, checked })];
  if (rows.length === 0) return [cliText(language, 'ledger.holds', { code, sentence, checked })];
  return [
    cliText(language, 'ledger.breaks', { code, sentence, checked, rows: rows.length }),
    ...rows.slice(0, MOST_ROWS).map((row) => cliText(language, 'ledger.row', { ...row })),
    ...(rows.length > MOST_ROWS ? [cliText(language, 'ledger.moreRows', { count: rows.length - MOST_ROWS })] : []),
  ];
}
