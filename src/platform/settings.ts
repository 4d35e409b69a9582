import { z } from 'zod';
import { languages } from '../i18n/language.js';

/** An environment's variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const modes = ['demo', 'production', 'test'] as const;
/** What the process runs for: `demo` brings its own services and data, `production` brings nothing by itself. */
export type Mode = (typeof modes)[number];

const SHORTEST_SECRET_BYTES = 32;
const MAIL_ADDRESS = String.raw`[^\s<>@,"]+@[^\s<>@,"]+`;
const MAIL_SENDER = new RegExp(`^(?:[^<>\\r\\n",]{1,100} <${MAIL_ADDRESS}>|${MAIL_ADDRESS})$`);
const SOCKET_OR_HOST = /^(?:\/\S+|(?:[\w.-]+|\[[\da-f:.]+\]):(\d{1,5}))$/i;
const LARGEST_PORT = 65_535;
const GIBIBYTE = 1_073_741_824;

const wholeNumber = (least: number, most: number) => z.string().regex(/^\d{1,12}$/).transform(Number).pipe(z.number().min(least).max(most));
const url = (protocol: RegExp) => z.url({ protocol, hostname: /./ });
const postgresUrl = url(/^postgres(ql)?$/).refine((value) => URL.canParse(value) && new URL(value).pathname.length > 1);
const redisUrl = url(/^rediss?$/);
const webUrl = url(/^https?$/).refine(isPlainAddress).transform((value) => value.replace(/\/+$/, ''));
const origins = z
  .string()
  .transform((value) => value.split(',').map((one) => one.trim()))
  .pipe(z.array(z.string().refine(isOrigin)));
const word = z.string().regex(/^\S{1,100}$/);
const key = z.string().refine((value) => Buffer.byteLength(value) >= SHORTEST_SECRET_BYTES);

/** Every setting, by the name of its environment variable. */
export const settingsSchema = z.object({
  LIPTAKO_MODE: z.enum(modes).optional(),
  LIPTAKO_LANG: z.enum(languages).default('fr'),
  LIPTAKO_DATA_DIR: z.string().default('.data'),
  LIPTAKO_REDIS_SERVER: z.string().optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 200).default(10),
  REDIS_URL: redisUrl.optional(),
  QUEUE_PREFIX: z.string().regex(/^[a-z0-9-]{1,60}$/).default('liptako'),
  HOST: word.optional(),
  PORT: wholeNumber(0, LARGEST_PORT).default(3000),
  WORKER_PORT: wholeNumber(0, LARGEST_PORT).default(3001),
  WORKER_CONCURRENCY: wholeNumber(1, 100).default(4),
  PUBLIC_URL: webUrl.optional(),
  CORS_ORIGINS: origins.default([]),
  JWT_SECRET: key.optional(),
  JWT_SECRET_PREVIOUS: key.optional(),
  JWT_ISSUER: word.default('liptako'),
  JWT_AUDIENCE: word.default('liptako-api'),
  DATA_KEY: key.optional(),
  DATA_KEY_PREVIOUS: key.optional(),
  ACCESS_TOKEN_MINUTES: wholeNumber(1, 1440).default(15),
  SESSION_HOURS: wholeNumber(1, 720).default(12),
  SESSION_IDLE_MINUTES: wholeNumber(5, 43_200).default(60),
  INVITATION_HOURS: wholeNumber(1, 720).default(72),
  PASSWORD_RESET_MINUTES: wholeNumber(5, 1440).default(30),
  LEAKED_PASSWORDS_FILE: z.string().optional(),
  SMTP_URL: url(/^smtps?$/).optional(),
  MAIL_FROM: z.string().regex(MAIL_SENDER).default('Liptako <no-reply@liptako.invalid>'),
  MAIL_DIR: z.string().optional(),
  MAIL_ATTACHMENT_MAX_BYTES: wholeNumber(0, GIBIBYTE).default(5_242_880),
  LINK_DAYS: wholeNumber(1, 365).default(14),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['true', 'false']).optional(),
  EVIDENCE_STORE: z.enum(['disk', 's3']).default('disk'),
  EVIDENCE_DIR: z.string().optional(),
  EVIDENCE_MAX_BYTES: wholeNumber(1024, GIBIBYTE).default(10_485_760),
  S3_ENDPOINT: webUrl.optional(),
  S3_REGION: word.default('us-east-1'),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/).optional(),
  S3_ACCESS_KEY_ID: z.string().regex(/^\S{1,200}$/).optional(),
  S3_SECRET_ACCESS_KEY: z.string().regex(/^\S{1,200}$/).optional(),
  CLAMD_ADDRESS: z.string().refine(isSocketOrHost).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  METRICS_TOKEN: z.string().regex(/^[\w.~+/=-]{16,200}$/).optional(),
  TRUST_PROXY: wholeNumber(0, 10).default(0),
  SHUTDOWN_TIMEOUT_SECONDS: wholeNumber(1, 600).default(20),
  IMPORT_MAX_BYTES: wholeNumber(1024, GIBIBYTE).default(52_428_800),
  DEFAULT_LANGUAGE: z.enum(languages).default('fr'),
  TEST_DATABASE_URL: postgresUrl.optional(),
  TEST_REDIS_URL: redisUrl.optional(),
});

/** The settings without which neither the API nor the worker runs. */
export const completeSettingsSchema = settingsSchema.required({ DATABASE_URL: true, REDIS_URL: true, JWT_SECRET: true, DATA_KEY: true });

export type SettingName = keyof typeof settingsSchema.shape;

/** The settings that hold a secret: each may be given as NAME_FILE, the path of a file, and none is ever shown. */
export const secretSettings = [
  'DATABASE_URL', 'REDIS_URL', 'JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'DATA_KEY', 'DATA_KEY_PREVIOUS', 'SMTP_URL', 'S3_SECRET_ACCESS_KEY', 'METRICS_TOKEN',
] as const satisfies readonly SettingName[]; // prettier-ignore

/** Links and requests are made by appending a path, so there is nothing after it. */
function isPlainAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password, search, hash } = new URL(value);
  return [username, password, search, hash].every((part) => part === '');
}

function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function isSocketOrHost(value: string): boolean {
  const found = SOCKET_OR_HOST.exec(value);
  return found !== null && Number(found[1] ?? 1) > 0 && Number(found[1] ?? 1) <= LARGEST_PORT;
}
