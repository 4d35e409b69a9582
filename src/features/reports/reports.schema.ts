import { z } from 'zod';
import { reportDimensions } from '../../domain/report.js';
import { idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { daySchema, idSchema, moneySchema } from '../../http/wire.js';
import type { ReportRun } from '../../platform/db.js';
import { contributionTypes } from '../flows/terms.schema.js';

const codes = (what: string) => z.array(z.string().min(1).max(40)).min(1).max(200).optional().describe(what);

export const reportFilters = z
  .strictObject({
    countries: codes('Only flows that touch one of these states (ISO 3166-1 alpha-3); shared flows count whole, as shared.'),
    sectors: codes('Only these sectors.'),
    mechanisms: codes('Only these mechanisms.'),
    plans: codes('Only these response plans.'),
    beneficiaryGroups: codes('Only these beneficiary groups.'),
    usageYears: codes('Only money to be used in one of these years.'),
    donorIds: z.array(idSchema).min(1).max(200).optional().describe('Only these donors, with the duplicates merged into them.'),
    fundIds: z.array(idSchema).min(1).max(200).optional().describe('Only these pooled funds.'),
    contributionTypes: z.array(z.enum(contributionTypes)).min(1).optional().describe('Only money, goods or technical assistance.'),
    from: daySchema.optional().describe('Value date on or after.'),
    to: daySchema.optional().describe('Value date on or before.'),
    restricted: z.enum(['included', 'excluded']).default('included').describe('Whether restricted flows count.'),
  })
  .describe('Which flows count; all of them when left out.')
  .meta({ id: 'ReportFilters' });
export type ReportFilters = z.output<typeof reportFilters>;

export const runAnswer = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    params: z.looseObject({ kind: z.string().describe('The kind of report.') }).describe('What was asked.'),
    asOf: z.string().describe('The moment the report is about, to the microsecond.'),
    status: z.enum(['queued', 'running', 'ready', 'failed']),
    progress: z.int().describe('Per cent.'),
    step: z.enum(['settling', 'computing', 'writing']).nullable().describe('What is being done.'),
    since: z.string().nullable().describe('The earlier moment since which changes are explained.'),
    hash: z.string().nullable().describe('SHA-256 of the JSON result.'),
    code: z.string().nullable().describe('Code printed on copies: the beginning of the hash, twelve letters and digits.'),
    verifyUrl: z.string().nullable().describe('Where anybody checks a copy.'),
    scheduleId: z.uuid().nullable().describe('The schedule that asked for it.'),
    dueAt: z.iso.datetime().nullable().describe('The planned time it was made for.'),
    previousId: z.uuid().nullable().describe('The issue before.'),
    codeVersion: z.string().nullable(),
    error: z.string().nullable(),
    requestedBy: z.uuid(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    links: z.record(z.string(), z.string()).describe('Where the results and the entries behind them are.'),
  })
  .meta({ id: 'ReportRun' });

export const runSorts = { recordedAt: idColumn<ReportRun>() };
export const runsQuery = z.strictObject({
  ...pageQuery(runSorts, '-recordedAt'),
  status: z.enum(['queued', 'running', 'ready', 'failed']).optional().describe('Only in this state.'),
});
export type RunsQuery = z.output<typeof runsQuery>;
export const runPage = pageSchema(runAnswer);

export const languageQuery = z.strictObject({
  language: z.enum(['fr', 'en']).optional().describe('By Accept-Language when left out. CSV in French has semicolons and decimal commas; in English commas and points.'),
});

const key = z.string().min(1).max(60).optional();
export const entriesQuery = z.strictObject({
  ...(Object.fromEntries(
    reportDimensions.map((name) => [name, key.describe(`Code of the cell in “${name}”; “*” for shared, “-” for not specified.`)]),
  ) as Record<(typeof reportDimensions)[number], typeof key>),
  show: z.enum(['counted', 'leftOut', 'all']).default('all').describe('Lines that count in the cell, those left out, or both.'),
  stage: z.enum(['pledge', 'commitment', 'disbursement']).optional().describe('Only this stage.'),
  limit: z.string().regex(/^\d{1,3}$/).transform(Number).pipe(z.number().min(1).max(200)).default(50).describe('Rows of a page, 1 to 200.'),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before.'),
});
export type EntriesQuery = z.output<typeof entriesQuery>;

const rateLeg = z.object({ base: z.string(), quote: z.string(), rate: z.string(), date: z.string(), source: z.string() });

export const entryAnswer = z
  .object({
    entryId: z.uuid(),
    line: z.int().describe('Cell of the split within the flow.'),
    kind: z.enum(['pledge', 'commitment', 'amendment', 'disbursement', 'reversal']),
    stage: z.enum(['pledge', 'commitment', 'disbursement']),
    recordId: z.uuid(),
    reference: z.string(),
    description: z.string(),
    donorId: z.uuid(),
    countries: z.array(z.string()),
    sectors: z.array(z.string()),
    plans: z.array(z.string()),
    valueDate: daySchema.describe('The day under which it counts.'),
    occurredOn: daySchema.nullable().describe('When it happened, where that month was closed already; otherwise null.'),
    lateText: z.string().nullable().describe('That it counts in a later month than its own, in the reader’s language; otherwise null.'),
    recordedAt: z.string(),
    amount: moneySchema.describe('As it was promised or paid.'),
    converted: moneySchema.nullable().describe('In the currency of the report.'),
    conversion: z.object({ method: z.string(), legs: z.array(rateLeg) }).nullable().describe('How it was converted: rates, dates and sources.'),
    counted: z.boolean(),
    reason: z.enum(['INTERNAL_TRANSFER', 'NO_RATE', 'RECORDED_LATER', 'RESTRICTED']).nullable().describe('Why it does not count.'),
    reasonText: z.string().nullable().describe('The same in the reader’s language.'),
  })
  .meta({ id: 'ReportEntry' });
export const entriesAnswer = z.object({
  items: z.array(entryAnswer),
  nextCursor: z.string().nullable(),
  sums: z
    .object({ pledged: moneySchema, committed: moneySchema, disbursed: moneySchema, lines: z.int() })
    .describe('Σ of the lines that count in the cell: what the report shows there.'),
});
export type RunAnswer = z.input<typeof runAnswer>;
