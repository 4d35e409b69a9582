import { z } from 'zod';
import { type Day, isDay } from '../../domain/days.js';
import { pageBounds, pageQuery, pageSchema, idColumn } from '../../http/paging.js';
import { booleanQuery } from '../../http/wire.js';
import type { ImportRun } from '../../platform/db.js';

export const importSources = ['fts', 'fts_requirements', 'plan_list', 'cerf', 'cbpf', 'cbpf_projects', 'ecb', 'imf'] as const;
export type ImportSource = (typeof importSources)[number];

type Option = 'countries' | 'years' | 'complete' | 'asOf';

/** What can be said of an import besides its files. */
const optionsOfSource: Readonly<Record<ImportSource, readonly Option[]>> = {
  fts: ['countries', 'years', 'complete'],
  fts_requirements: ['countries', 'asOf'],
  plan_list: ['countries', 'asOf'],
  cerf: [],
  cbpf: ['countries'],
  cbpf_projects: ['countries', 'years', 'complete'],
  ecb: [],
  imf: [],
};

/** What an import is to do; the countries and years are the scope of its totals and of what it may close. */
export interface ImportOptions {
  readonly source: ImportSource;
  /** ISO3, or all of them. */
  readonly countries: readonly string[] | 'all';
  /** Usage years; none named means any. */
  readonly years: readonly number[];
  /** The files are all that the source has for the countries and years. */
  readonly complete: boolean;
  /** The day on which the source published the figures of plans; null: that of the import. */
  readonly asOf: Day | null;
}

const listOf = (text: string) => text.split(',').map((part) => part.trim());

/** "MLI,NER" or "all". */
export const countriesSchema = z
  .string()
  .regex(/^(all|[A-Z]{3}(\s*,\s*[A-Z]{3})*)$/)
  .transform((text) => (text === 'all' ? ('all' as const) : [...new Set(listOf(text))].sort()));

/** "2025,2026". */
export const yearsSchema = z
  .string()
  .regex(/^(19|20)\d{2}(\s*,\s*(19|20)\d{2})*$/)
  .transform((text) => [...new Set(listOf(text))].map(Number).sort());

const flag = booleanQuery.optional().transform((value) => value ?? false);

interface GivenOptions {
  readonly source: ImportSource;
  readonly complete: boolean;
  readonly countries?: unknown;
  readonly years?: unknown;
  readonly asOf?: unknown;
}

/** Whether the source takes every option that is given. */
function takesOptions({ source, complete, countries, years, asOf }: GivenOptions): boolean {
  const given = { complete: complete || undefined, countries, years, asOf };
  const allowed: readonly string[] = optionsOfSource[source];
  return Object.entries(given).every(([name, value]) => value === undefined || allowed.includes(name));
}

export const importBody = z
  .strictObject({
    files: z
      .array(z.string().meta({ format: 'binary' }))
      .optional()
      .describe(
        'The files, at most 20: FTS as CSV (HDX) or as replies of its API, all pages of a search together; requirements as fts_requirements_funding_*.csv; plans as humanitarian-response-plans.csv; contributions as *ContributionTotal.csv; projects as ProjectSummary*.csv with the Mst*.csv lists; ECB as eurofxref-hist.csv; IMF as a table with Date, Rate, Currency, Frequency and Source.',
      ),
    source: z
      .enum(importSources)
      .describe(
        '"fts": flows of the OCHA Financial Tracking Service. "fts_requirements": plans with their requirements and funding as it publishes them. "plan_list": OCHA’s list of response plans. "cerf", "cbpf": contributions to the Central Emergency Response Fund and to the country-based pooled funds. "cbpf_projects": projects of the latter, as allocations. "ecb": reference rates of the European Central Bank. "imf": rates per US dollar in long form, as of the International Monetary Fund.',
      ),
    dryRun: flag.describe('Only say what would be done; nothing else is kept.'),
    countries: countriesSchema.optional().describe('Flows that leave from or go to these, plans and country-based funds for them; ISO3 separated by commas, or "all". The tracked states when left out.'),
    years: yearsSchema.optional().describe('Usage years for the totals of FTS, and for "complete", separated by commas.'),
    complete: flag.describe('The files hold every flow, or project, that goes to the countries in the years. One that stands and is not in them is closed by reversal. Needs countries and years.'),
    asOf: z.iso.date().refine(isDay).optional().describe('Plans: the day on which the figures were published; that of the import when left out.'),
  })
  .refine(({ complete, countries, years }) => !complete || (countries !== undefined && years !== undefined), {
    path: ['complete'],
    error: 'snapshotScope',
  })
  .refine(takesOptions, { path: ['source'], error: 'importFields' })
  .meta({ id: 'ImportInput' });
export type ImportInput = z.output<typeof importBody>;

const bucket = z.object({ flows: z.int(), usd: z.string().describe('Decimal number, US dollars as published.') }).meta({ id: 'ImportBucket' });

const totals = z
  .object({
    funding: bucket.describe('Commitments and payments that cross a border and go to one country.'),
    pledges: bucket.describe('Pledges alike; never part of the funding.'),
    shared: bucket.describe('Commitments and payments shared among several countries or years.'),
    sharedPledges: bucket,
    internal: bucket.describe('Transfers within a country.'),
    internalPledges: bucket,
    header: z
      .object({ flows: z.int(), funding: z.string(), pledges: z.string() })
      .nullable()
      .describe('What the source says of its incoming flows; null when it says nothing.'),
    matchesHeader: z.boolean().nullable(),
  })
  .describe('The files’ flows for the chosen countries and years, as OCHA counts them.')
  .meta({ id: 'ImportTotals' });

const summary = z
  .object({
    counts: z
      .object({
        read: z.int().describe('Rows of the files, or rates.'),
        created: z.int(),
        updated: z.int(),
        unchanged: z.int(),
        older: z.int().describe('Passed over: a newer version is known.'),
        closed: z.int().describe('Vanished from the source and reversed.'),
        leftOut: z.int().describe('Of other countries, or rates of unlisted currencies.'),
        problems: z.int(),
        duplicates: z.int(),
        warnings: z.record(z.string(), z.int()).describe('By code, of the flows created and updated.'),
      })
      .meta({ id: 'ImportCounts' }),
    totals: totals.nullable().describe('Null unless flows of FTS were read.'),
  })
  .meta({ id: 'ImportSummary' });

const statuses = ['queued', 'running', 'ready', 'failed'] as const;

export const importAnswer = z
  .object({
    id: z.uuid(),
    source: z.enum(importSources),
    files: z.array(z.object({ name: z.string(), sha256: z.string() })),
    countries: z.union([z.literal('all'), z.array(z.string())]),
    years: z.array(z.int()),
    complete: z.boolean(),
    asOf: z.iso.date().nullable().describe('The day on which figures of plans were published, where it was said.'),
    dryRun: z.boolean(),
    status: z.enum(statuses),
    progress: z.int().describe('Per cent.'),
    summary: summary.nullable().describe('Null until it is ready.'),
    error: z.object({ code: z.string(), title: z.string(), detail: z.string() }).nullable().describe('Why it failed, in the reader’s language.'),
    requestedBy: z.uuid(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Import' });

export const importSorts = { recordedAt: idColumn<ImportRun>() };

export const importsQuery = z.strictObject({
  ...pageQuery(importSorts, '-recordedAt'),
  source: z.enum(importSources).optional().describe('Only from this source.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
});
export type ImportsQuery = z.output<typeof importsQuery>;

export const importPage = pageSchema(importAnswer);

const actions = ['created', 'updated', 'closed', 'left_out', 'problem'] as const;

export const importRowAnswer = z
  .object({
    number: z.int(),
    action: z.enum(actions),
    actionText: z.string().describe('The same in the reader’s language.'),
    file: z.string().nullable(),
    row: z.int().nullable().describe('1-based data row or flow of the file.'),
    externalId: z.string().nullable().describe('Number or code of the flow, plan, contribution or project.'),
    code: z.string().nullable(),
    text: z.string().nullable().describe('What the code means, in the reader’s language.'),
    field: z.string().nullable(),
    found: z.string().nullable(),
    flow: z
      .object({
        status: z.string(),
        amountUsd: z.string(),
        valueDate: z.string(),
        source: z.string(),
        destination: z.string(),
        countries: z.array(z.string()),
        usageYears: z.array(z.int()),
      })
      .nullable(),
    warnings: z.array(z.object({ code: z.string(), text: z.string() })),
    changed: z.array(z.string()).describe('What differs from the version known before.'),
  })
  .meta({ id: 'ImportRow' });

export const importRowsQuery = z.strictObject({
  ...pageBounds,
  action: z.enum(actions).optional().describe('Only what was done so.'),
});
export type ImportRowsQuery = z.output<typeof importRowsQuery>;

export const importRowPage = pageSchema(importRowAnswer);
