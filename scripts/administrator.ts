import { z } from 'zod';
import { openAdministrator } from '../src/features/users/first-administrator.js';
import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { openDb } from '../src/platform/db.js';
import { runCommand } from './services/run-command.js';
import { withServices } from './services/with-services.js';

// `npm run administrator -- <e-mail>` opens the first account of an installation, or a lost administrator's again.
runCommand(async () => {
  const language = terminalLanguage(process.env);
  const email = z.email().safeParse(process.argv[2]);
  if (!email.success) {
    console.error(cliText(language, 'administrator.usage'));
    return 2;
  }
  return withServices(async ({ databaseUrl }) => {
    const db = openDb(databaseUrl, 1, 'system');
    try {
      const { password, ...access } = await openAdministrator(db, email.data, language);
      console.log(cliText(language, access.created ? 'administrator.created' : 'administrator.reopened', { email: access.email, password }));
      return 0;
    } finally {
      await db.$disconnect();
    }
  });
});
