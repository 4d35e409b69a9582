import { z } from 'zod';
import { cliText } from '../i18n/cli.js';
import { type Language, languages } from '../i18n/language.js';

const modes = ['demo', 'production', 'test'] as const;
/** What the process runs for: `demo` brings its own services and data, `production` brings nothing by itself. */
export type Mode = (typeof modes)[number];

const SHORTEST_SECRET_BYTES = 32;
const TEST_SECRET = 'signs-tokens-in-tests-and-nowhere-else';
const SECRETS: readonly string[] = ['JWT_SECRET'];
const URLS: readonly string[] = ['DATABASE_URL', 'REDIS_URL', 'TEST_DATABASE_URL', 'TEST_REDIS_URL'];

const wholeNumber = (least: number, most: number) => z.string().regex(/^\d{1,12}$/).transform(Number).pipe(z.number().min(least).max(most));
const url = (protocol: RegExp) => z.url({ protocol, hostname: /./ });
const postgresUrl = url(/^postgres(ql)?$/).refine((value) => URL.canParse(value) && new URL(value).pathname.length > 1);
const redisUrl = url(/^rediss?$/);
const word = z.string().regex(/^\S{1,100}$/);

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
  PORT: wholeNumber(0, 65_535).default(3000),
  WORKER_PORT: wholeNumber(0, 65_535).default(3001),
  WORKER_CONCURRENCY: wholeNumber(1, 100).default(4),
  JWT_SECRET: z.string().refine((value) => Buffer.byteLength(value) >= SHORTEST_SECRET_BYTES).optional(),
  JWT_ISSUER: word.default('liptako'),
  JWT_AUDIENCE: word.default('liptako-api'),
  ACCESS_TOKEN_MINUTES: wholeNumber(1, 1440).default(15),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUST_PROXY: wholeNumber(0, 10).default(0),
  SHUTDOWN_TIMEOUT_SECONDS: wholeNumber(1, 600).default(20),
  IMPORT_MAX_BYTES: wholeNumber(1024, 1_073_741_824).default(52_428_800),
  DEFAULT_LANGUAGE: z.enum(languages).default('fr'),
  TEST_DATABASE_URL: postgresUrl.optional(),
  TEST_REDIS_URL: redisUrl.optional(),
});

export type SettingName = keyof typeof settingsSchema.shape;
/** An environment's variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings as written, checked one by one; the addresses and the signing key may still be missing. */
export type Settings = Readonly<Omit<z.output<typeof settingsSchema>, 'LIPTAKO_MODE' | 'HOST'> & { LIPTAKO_MODE: Mode; HOST: string }>;

/** What the API and the worker run with. */
export interface Config {
  readonly mode: Mode;
  readonly databaseUrl: string;
  readonly databasePoolSize: number;
  readonly redisUrl: string;
  readonly queuePrefix: string;
  readonly host: string;
  readonly port: number;
  /** Where the worker answers about its health and metrics. */
  readonly workerPort: number;
  readonly workerConcurrency: number;
  /** At least 32 bytes. */
  readonly jwtSecret: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly accessTokenMinutes: number;
  readonly logLevel: Settings['LOG_LEVEL'];
  /** The number of proxies in front, whose X-Forwarded-For is believed. */
  readonly trustProxy: number;
  readonly shutdownTimeoutSeconds: number;
  readonly importMaxBytes: number;
  readonly defaultLanguage: Language;
}

/** One setting that was refused; `found` never holds a secret. */
export interface ConfigProblem {
  readonly name: string;
  readonly found: string;
  readonly expected: string;
}

/** Names every wrong setting, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly problems: readonly ConfigProblem[],
    readonly language: Language,
  ) {
    super(problems.map((problem) => cliText(language, 'config.problem', { ...problem })).join('\n'));
  }
}

/** The language of the messages on the terminal: French unless LIPTAKO_LANG says `en`. */
export function terminalLanguage(env: Environment): Language {
  return env.LIPTAKO_LANG === 'en' ? 'en' : 'fr';
}

/**
 * Checks the settings one by one, without asking for those that `npm start` can supply.
 * @throws ConfigError
 */
export function readSettings(env: Environment): Settings {
  const { settings, problems } = check(env);
  if (settings === undefined || problems.length > 0) throw new ConfigError(problems, terminalLanguage(env));
  return settings;
}

/**
 * The complete configuration of the API, the worker or a tool.
 * @throws ConfigError
 */
export function parseConfig(env: Environment): Config {
  const { settings, problems } = check(env);
  const mode = settings?.LIPTAKO_MODE ?? modeOf(env);
  const testing = mode === 'test';
  const missing = [
    ...requireSetting(env, 'DATABASE_URL'),
    ...(testing ? [] : requireSetting(env, 'REDIS_URL')),
    ...(testing ? [] : requireSetting(env, 'JWT_SECRET')),
  ];
  const databaseUrl = settings?.DATABASE_URL;
  const redis = settings?.REDIS_URL ?? (testing ? 'redis://127.0.0.1:6379' : undefined);
  const jwtSecret = settings?.JWT_SECRET ?? (testing ? TEST_SECRET : undefined);
  if (settings === undefined || databaseUrl === undefined || redis === undefined || jwtSecret === undefined || problems.length > 0) {
    throw new ConfigError([...problems, ...missing], terminalLanguage(env));
  }
  return {
    mode,
    databaseUrl,
    databasePoolSize: settings.DATABASE_POOL_SIZE,
    redisUrl: redis,
    queuePrefix: settings.QUEUE_PREFIX,
    host: settings.HOST,
    port: settings.PORT,
    workerPort: settings.WORKER_PORT,
    workerConcurrency: settings.WORKER_CONCURRENCY,
    jwtSecret,
    jwtIssuer: settings.JWT_ISSUER,
    jwtAudience: settings.JWT_AUDIENCE,
    accessTokenMinutes: settings.ACCESS_TOKEN_MINUTES,
    logLevel: settings.LOG_LEVEL,
    trustProxy: settings.TRUST_PROXY,
    shutdownTimeoutSeconds: settings.SHUTDOWN_TIMEOUT_SECONDS,
    importMaxBytes: settings.IMPORT_MAX_BYTES,
    defaultLanguage: settings.DEFAULT_LANGUAGE,
  };
}

function check(env: Environment): { settings?: Settings; problems: ConfigProblem[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = settingsSchema.safeParse(given);
  const language = terminalLanguage(env);
  const wrong = new Set((parsed.error?.issues ?? []).map((issue) => issue.path[0] as SettingName));
  const problems = [
    ...[...wrong].map((name) => problemOf(name, env[name] ?? '', language)),
    ...Object.keys(given).filter(isMisspelt).map((name) => ({
      name,
      found: cliText(language, 'config.found.unknown'),
      expected: cliText(language, 'config.expected.known'),
    })),
  ];
  if (!parsed.success) return { problems };
  const mode = parsed.data.LIPTAKO_MODE ?? modeOf(given);
  const host = parsed.data.HOST ?? (mode === 'production' ? '0.0.0.0' : '127.0.0.1');
  return { settings: { ...parsed.data, LIPTAKO_MODE: mode, HOST: host }, problems };
}

/** Whoever names a database or a Redis means production; nothing named is the demonstration. */
function modeOf(env: Environment): Mode {
  return env.DATABASE_URL || env.REDIS_URL ? 'production' : 'demo';
}

function isMisspelt(name: string): boolean {
  return name.startsWith('LIPTAKO_') && !(name in settingsSchema.shape);
}

function requireSetting(env: Environment, name: SettingName): ConfigProblem[] {
  return env[name]?.trim() ? [] : [problemOf(name, '', terminalLanguage(env))];
}

function problemOf(name: SettingName, value: string, language: Language): ConfigProblem {
  return { name, found: describe(name, value, language), expected: cliText(language, `config.expected.${name}`) };
}

function describe(name: string, value: string, language: Language): string {
  if (value.trim() === '') return cliText(language, 'config.found.nothing');
  if (SECRETS.includes(name) || URLS.includes(name)) {
    return cliText(language, 'config.found.hidden', { bytes: Buffer.byteLength(value) });
  }
  return cliText(language, 'config.found.value', { value: value.length > 60 ? `${value.slice(0, 60)}…` : value });
}
