import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { runCommand } from './services/run-command.js';
import { schemaDifference } from './services/schema-difference.js';
import { withMigratedDatabase } from './services/scratch-database.js';
import { withServices } from './services/with-services.js';

// Exits 1 and prints the missing SQL when prisma/schema.prisma says something else than the migrations.
runCommand(() =>
  withServices(async ({ databaseUrl }) => {
    const language = terminalLanguage(process.env);
    const sql = await withMigratedDatabase(databaseUrl, schemaDifference);
    if (sql === '') {
      console.log(cliText(language, 'drift.none'));
      return 0;
    }
    console.error(cliText(language, 'drift.found'));
    console.log(sql);
    return 1;
  }),
);
