import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.js';

const SECRET_NAME = /authorization|cookie|passw|secret|token|api-?_?key/i;
const MAY_HOLD_SECRET = new RegExp(`${SECRET_NAME.source}|://[^/\\s"]*@|bearer `, 'i');
const REDACTED = '[redacted]';

function withoutSecrets(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*):[^\s/]+@/g, `$1:${REDACTED}@`).replace(/\bBearer\s+[\w.~+/-]+=*/gi, `Bearer ${REDACTED}`);
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(redact);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, SECRET_NAME.test(name) && inner !== null ? REDACTED : redact(inner)]),
  );
}

/** A log line without secrets at any depth; pino's own redaction takes paths, and its `*.x` reaches one level only. */
export function redactLine(line: string): string {
  if (!MAY_HOLD_SECRET.test(line)) return line;
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
