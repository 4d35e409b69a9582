import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { applyMigrations, migrationStatus } from '../src/platform/migrate.js';
import { runCommand } from './services/run-command.js';
import { withServices } from './services/with-services.js';

// `npm run migrate` applies what is pending; `npm run migrate -- --status` only says it, and exits 1 when there is any.
runCommand(() =>
  withServices(async ({ databaseUrl }) => {
    const language = terminalLanguage(process.env);
    if (!process.argv.includes('--status')) {
      const names = await applyMigrations(databaseUrl);
      console.log(cliText(language, 'migrate.applied', { count: names.length, names: names.join(', ') || '-' }));
      return 0;
    }
    const status = await migrationStatus(databaseUrl);
    for (const kind of ['applied', 'pending', 'edited', 'failed', 'unknown'] as const) {
      for (const name of status[kind]) console.log(cliText(language, `migrate.status.${kind}`, { name }));
    }
    return status.pending.length + status.edited.length + status.failed.length > 0 ? 1 : 0;
  }),
);
