import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.js';
import { redact } from './redact.js';

/** A log line without secrets at any depth; pino's own redaction takes paths, and its `*.x` reaches one level only. */
function redactLine(line: string): string {
  try {
    return `${JSON.stringify(redact(JSON.parse(line)))}\n`;
  } catch {
    return `${JSON.stringify({ level: 50, msg: 'A log line could not be cleaned of secrets and was left out.' })}\n`;
  }
}

/** The process's JSON log, on standard output unless told otherwise, without secrets. */
export function createLogger(config: Pick<Config, 'logLevel'>, name: string, destination?: DestinationStream): Logger {
  return pino(
    { name, level: config.logLevel, timestamp: stdTimeFunctions.isoTime, hooks: { streamWrite: redactLine } },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
