import { setTimeout as sleep } from 'node:timers/promises';
import { type DemoAccount, demoAccounts } from '../prisma/demo/accounts.js';
import { nextTotp } from '../src/features/auth/totp.js';
import { cliText } from '../src/i18n/cli.js';
import { terminalLanguage } from '../src/platform/config.js';
import { type Db, openDb } from '../src/platform/db.js';
import { runCommand } from './services/run-command.js';
import { withServices } from './services/with-services.js';

const language = terminalLanguage(process.env);

/** An account without a second factor takes no notice of a code. */
const ANY_CODE = '000000';

// `npm run -s demo-code -- <login>` prints a code of a demonstration account's authenticator app that was not used yet.
runCommand(async () => {
  const account = demoAccounts.find(({ login }) => login === process.argv[2]);
  if (!account) {
    console.error(cliText(language, 'demoCode.usage', { logins: demoAccounts.map(({ login }) => login).join(' | ') }));
    return 2;
  }
  return withServices(async ({ databaseUrl }) => {
    const db = openDb(databaseUrl, 1, 'system');
    try {
      return await printCode(db, account);
    } finally {
      await db.$disconnect();
    }
  });
});

async function printCode(db: Db, { email, totpSecret }: DemoAccount): Promise<number> {
  const user = await db.appUser.findUnique({ where: { email }, include: { credential: true } });
  if (!user?.credential || (totpSecret !== undefined && !user.credential.totpConfirmedAt)) {
    console.error(cliText(language, 'demoCode.notDemo', { email }));
    return 1;
  }
  const { code, inMs } = totpSecret === undefined ? { code: ANY_CODE, inMs: 0 } : nextTotp(totpSecret, new Date(), user.credential.totpLastStep);
  await sleep(inMs);
  console.log(code);
  return 0;
}
