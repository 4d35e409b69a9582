import { cliText } from '../../src/i18n/cli.js';
import { ConfigError, terminalLanguage } from '../../src/platform/config.js';
import { MigrationError } from '../../src/platform/migrate.js';
import { PostgresBusyError } from './postgres.js';
import { RedisMissingError } from './redis-server.js';

const UNWRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC']);

/** Runs a command to its exit code; what a person can put right is explained in a line, not by a stack. */
export function runCommand(main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(explainError(error));
      process.exit(1);
    },
  );
}

/** A line for what is known, the error itself otherwise. */
export function explainError(error: unknown): string {
  const language = terminalLanguage(process.env);
  if (error instanceof ConfigError) return error.message;
  if (error instanceof MigrationError) return cliText(language, 'migrate.refused', { reason: error.message });
  if (error instanceof PostgresBusyError) return cliText(language, 'postgres.busy', { pid: error.pid });
  if (error instanceof RedisMissingError) return cliText(language, 'redis.missing');
  const { code, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined && UNWRITABLE.has(code)) return cliText(language, 'start.cannotWrite', { path, code });
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
