import path from 'node:path';
import type { z } from 'zod';
import { cliText } from '../i18n/cli.js';
import type { Language } from '../i18n/language.js';
import { fileSettingOf, type SecretFileFault, withSecretFiles } from './secret-files.js';
import { completeSettingsSchema, type Environment, type Mode, secretSettings, type SettingName, settingsSchema } from './settings.js';

export type { Environment, Mode } from './settings.js';

const HIDDEN: readonly string[] = [...secretSettings, 'TEST_DATABASE_URL', 'TEST_REDIS_URL'];
const S3_SETTINGS: readonly SettingName[] = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];
const testDefaults: Environment = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  JWT_SECRET: 'signs-tokens-in-tests-and-nowhere-else',
  DATA_KEY: 'encrypts-data-in-tests-and-nowhere-else',
};

type Completed<Written> = Readonly<Omit<Written, 'LIPTAKO_MODE' | 'HOST'> & { LIPTAKO_MODE: Mode; HOST: string }>;

/** The settings as written, checked one by one; the addresses and the keys may still be missing. */
export type Settings = Completed<z.output<typeof settingsSchema>>;

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
  /** Address of the site in mailed links, without a slash at its end. */
  readonly publicUrl: string;
  /** The origins whose pages may call the API from a browser, besides its own. */
  readonly corsOrigins: readonly string[];
  /** At least 32 bytes. */
  readonly jwtSecret: string;
  /** Still accepted, never signed with, while the key is being replaced. */
  readonly jwtSecretPrevious: string | undefined;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  /** Encrypts what is kept secret in the database and seals the audit trail; at least 32 bytes. */
  readonly dataKey: string;
  /** Still read with, never written with, while the key is being replaced. */
  readonly dataKeyPrevious: string | undefined;
  readonly accessTokenMinutes: number;
  /** The longest life of a session, however busy. */
  readonly sessionHours: number;
  /** A session unused for as long is over. */
  readonly sessionIdleMinutes: number;
  readonly invitationHours: number;
  readonly passwordResetMinutes: number;
  readonly leakedPasswordsFile: string | undefined;
  /** Without it, mails are written as files into `mailDir`. */
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly mailDir: string;
  /** Files that together are larger are linked to instead of attached. */
  readonly mailAttachmentMaxBytes: number;
  /** How long a link to a file of a report holds. */
  readonly linkDays: number;
  /** Whether webhooks may lead into private networks, and by http. */
  readonly webhookAllowPrivate: boolean;
  readonly evidenceStore: Settings['EVIDENCE_STORE'];
  readonly evidenceDir: string;
  readonly evidenceMaxBytes: number;
  /** The four of S3 without a default are there when `evidenceStore` is `s3`. */
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string;
  readonly s3Bucket: string | undefined;
  readonly s3AccessKeyId: string | undefined;
  readonly s3SecretAccessKey: string | undefined;
  /** `host:port`, or the absolute path of a Unix socket. */
  readonly clamdAddress: string | undefined;
  readonly logLevel: Settings['LOG_LEVEL'];
  /** Asked for at /metrics, when set. */
  readonly metricsToken: string | undefined;
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
  return check(settingsSchema, env);
}

/**
 * The complete configuration of the API, the worker or a tool.
 * @throws ConfigError
 */
export function parseConfig(env: Environment): Config {
  const settings = check(completeSettingsSchema, env, { defaults: env.LIPTAKO_MODE === 'test' ? testDefaults : {}, required: alsoRequired });
  const inDataDir = (name: string) => path.join(settings.LIPTAKO_DATA_DIR, name);
  return {
    mode: settings.LIPTAKO_MODE,
    databaseUrl: settings.DATABASE_URL,
    databasePoolSize: settings.DATABASE_POOL_SIZE,
    redisUrl: settings.REDIS_URL,
    queuePrefix: settings.QUEUE_PREFIX,
    host: settings.HOST,
    port: settings.PORT,
    workerPort: settings.WORKER_PORT,
    workerConcurrency: settings.WORKER_CONCURRENCY,
    publicUrl: settings.PUBLIC_URL ?? `http://127.0.0.1:${settings.PORT}`,
    corsOrigins: settings.CORS_ORIGINS,
    jwtSecret: settings.JWT_SECRET,
    jwtSecretPrevious: settings.JWT_SECRET_PREVIOUS,
    jwtIssuer: settings.JWT_ISSUER,
    jwtAudience: settings.JWT_AUDIENCE,
    dataKey: settings.DATA_KEY,
    dataKeyPrevious: settings.DATA_KEY_PREVIOUS,
    accessTokenMinutes: settings.ACCESS_TOKEN_MINUTES,
    sessionHours: settings.SESSION_HOURS,
    sessionIdleMinutes: settings.SESSION_IDLE_MINUTES,
    invitationHours: settings.INVITATION_HOURS,
    passwordResetMinutes: settings.PASSWORD_RESET_MINUTES,
    leakedPasswordsFile: settings.LEAKED_PASSWORDS_FILE,
    smtpUrl: settings.SMTP_URL,
    mailFrom: settings.MAIL_FROM,
    mailDir: settings.MAIL_DIR ?? inDataDir('mail'),
    mailAttachmentMaxBytes: settings.MAIL_ATTACHMENT_MAX_BYTES,
    linkDays: settings.LINK_DAYS,
    webhookAllowPrivate: settings.WEBHOOK_ALLOW_PRIVATE === undefined ? settings.LIPTAKO_MODE !== 'production' : settings.WEBHOOK_ALLOW_PRIVATE === 'true',
    evidenceStore: settings.EVIDENCE_STORE,
    evidenceDir: settings.EVIDENCE_DIR ?? inDataDir('evidence'),
    evidenceMaxBytes: settings.EVIDENCE_MAX_BYTES,
    s3Endpoint: settings.S3_ENDPOINT,
    s3Region: settings.S3_REGION,
    s3Bucket: settings.S3_BUCKET,
    s3AccessKeyId: settings.S3_ACCESS_KEY_ID,
    s3SecretAccessKey: settings.S3_SECRET_ACCESS_KEY,
    clamdAddress: settings.CLAMD_ADDRESS,
    logLevel: settings.LOG_LEVEL,
    metricsToken: settings.METRICS_TOKEN,
    trustProxy: settings.TRUST_PROXY,
    shutdownTimeoutSeconds: settings.SHUTDOWN_TIMEOUT_SECONDS,
    importMaxBytes: settings.IMPORT_MAX_BYTES,
    defaultLanguage: settings.DEFAULT_LANGUAGE,
  };
}

/** What else has to be set: a mailed link must lead somewhere, and S3 has no place of its own. */
function alsoRequired(given: Environment): readonly SettingName[] {
  const address: readonly SettingName[] = modeOf(given) === 'production' ? ['PUBLIC_URL'] : [];
  return given.EVIDENCE_STORE === 's3' ? [...address, ...S3_SETTINGS] : address;
}

function check<Written extends z.output<typeof settingsSchema>>(
  schema: z.ZodType<Written>,
  env: Environment,
  { defaults = {}, required = () => [] }: { readonly defaults?: Environment; readonly required?: (given: Environment) => readonly SettingName[] } = {},
): Completed<Written> {
  const language = terminalLanguage(env);
  const written = withoutBlanks(env);
  const { env: read, faults } = withSecretFiles(written);
  const given = { ...defaults, ...read };
  const parsed = schema.safeParse(given);
  const wrong = (parsed.error?.issues ?? []).map((issue) => issue.path[0] as SettingName);
  const missing = required(given).filter((name) => given[name] === undefined);
  const problems = [
    ...faults.map((fault) => faultProblem(fault, language)),
    ...[...new Set([...wrong, ...missing])].map((name) => problemOf(name, written, given[name], language)),
    ...Object.keys(given).filter(isMisspelt).map((name) => ({
      name,
      found: cliText(language, 'config.found.unknown'),
      expected: cliText(language, 'config.expected.known'),
    })),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(oncePerName(problems), language);
  const mode = modeOf(given);
  return { ...parsed.data, LIPTAKO_MODE: mode, HOST: parsed.data.HOST ?? (mode === 'production' ? '0.0.0.0' : '127.0.0.1') };
}

function withoutBlanks(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}

/** Whoever names a database or a Redis means production; nothing named is the demonstration. */
function modeOf(given: Environment): Mode {
  const { data } = settingsSchema.shape.LIPTAKO_MODE.safeParse(given.LIPTAKO_MODE);
  const servers = ['DATABASE_URL', 'REDIS_URL'].flatMap((name) => [name, fileSettingOf(name)]);
  return data ?? (servers.some((name) => given[name] !== undefined) ? 'production' : 'demo');
}

function isMisspelt(name: string): boolean {
  return name.startsWith('LIPTAKO_') && !(name in settingsSchema.shape);
}

/** A secret that could not be read is not missing as well. */
function oncePerName(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.filter(({ name }, index) => problems.findIndex((other) => other.name === name) === index);
}

function problemOf(name: SettingName, written: Environment, value: string | undefined, language: Language): ConfigProblem {
  const shown = HIDDEN.includes(name) && written[fileSettingOf(name)] !== undefined ? fileSettingOf(name) : name;
  return { name: shown, found: describe(name, value, language), expected: cliText(language, `config.expected.${name}`) };
}

function describe(name: string, value: string | undefined, language: Language): string {
  if (value === undefined) return cliText(language, 'config.found.nothing');
  if (HIDDEN.includes(name)) return cliText(language, 'config.found.hidden', { bytes: Buffer.byteLength(value) });
  const shown = value.replace(/\/\/[^/\s]*@/g, '//…@');
  return cliText(language, 'config.found.value', { value: shown.length > 60 ? `${shown.slice(0, 60)}…` : shown });
}

/** The path is not shown: somebody may have written the secret itself in its place. */
function faultProblem({ name, fault }: SecretFileFault, language: Language): ConfigProblem {
  if (fault === 'both') return { name, found: cliText(language, 'config.found.both'), expected: cliText(language, 'config.expected.oneOfBoth') };
  const found = fault === 'empty' ? cliText(language, 'config.found.emptyFile') : cliText(language, 'config.found.unreadable', fault);
  return { name, found, expected: cliText(language, 'config.expected.file') };
}
