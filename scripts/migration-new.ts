import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { runCommand } from './services/run-command.js';
import { schemaDifference } from './services/schema-difference.js';
import { withMigratedDatabase } from './services/scratch-database.js';
import { withServices } from './services/with-services.js';

// `npm run migration:new -- <name>` writes the SQL that prisma/schema.prisma still lacks; without a difference, an empty migration to write by hand.
runCommand(async () => {
  const language = terminalLanguage(process.env);
  const [name = ''] = process.argv.slice(2);
  if (!/^[a-z][a-z0-9_]{1,60}$/.test(name)) {
    console.error(cliText(language, 'migrationNew.usage'));
    return 1;
  }
  const sql = await withServices(({ databaseUrl }) => withMigratedDatabase(databaseUrl, schemaDifference));
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.resolve(__dirname, '../prisma/migrations', `${stamp}_${name}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'migration.sql'), sql === '' ? `-- ${name}\n` : sql);
  console.log(cliText(language, 'migrationNew.written', { file: path.relative(process.cwd(), path.join(folder, 'migration.sql')) }));
  return 0;
});
