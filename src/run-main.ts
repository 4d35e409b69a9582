import type { Logger } from 'pino';
import { cliText } from './i18n/cli.js';
import { ConfigError, terminalLanguage } from './platform/config.js';
import { isUnavailable } from './platform/db.js';
import { loadEnvFile } from './platform/load-env-file.js';

interface Running {
  readonly log: Logger;
  readonly timeoutSeconds: number;
}

/**
 * Runs a process until SIGTERM or SIGINT, then undoes in reverse what it opened, within the time allowed. `main` registers
 * each part with `onStop` as soon as it is open.
 */
export function runMain(main: (onStop: (undo: () => Promise<unknown>) => void) => Promise<Running>): void {
  const undo: (() => Promise<unknown>)[] = [];
  loadEnvFile();
  main((act) => undo.push(act)).then(
    (running) => {
      let stopping = false;
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          if (stopping) return;
          stopping = true;
          void drain(undo, running);
        });
      }
    },
    (error: unknown) => {
      console.error(explain(error));
      process.exit(1);
    },
  );
}

function explain(error: unknown): unknown {
  if (error instanceof ConfigError) return error.message;
  return isUnavailable(error) ? cliText(terminalLanguage(process.env), 'start.databaseAway') : error;
}

async function drain(undo: (() => Promise<unknown>)[], { log, timeoutSeconds }: Running): Promise<void> {
  setTimeout(() => {
    log.error('not everything under way was finished in time');
    process.exit(1);
  }, timeoutSeconds * 1000).unref();
  for (const act of undo.reverse()) await act().catch((error: unknown) => log.warn({ err: error }, 'while stopping'));
  process.exit(0);
}
