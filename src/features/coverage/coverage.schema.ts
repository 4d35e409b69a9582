import { z } from 'zod';
import { coverageGroupings } from '../../domain/coverage.js';
import { reportingCurrencies } from '../../domain/fx.js';
import { regionalGroups, regionalParts } from '../../domain/regional.js';
import { pageBounds } from '../../http/paging.js';
import { codeSchema, iso3Schema } from '../../http/text.js';
import { daySchema, moneySchema, momentSchema } from '../../http/wire.js';

const currency = z.enum(reportingCurrencies).default('USD').describe('Currency of the figures; each entry is converted at the rate of its value date.');
const group = z.enum(regionalGroups);
const year = z.int().min(1990).max(2100);

/** What can be asked of the coverage of plans, without its moment. */
export const coverageQuestion = z.strictObject({
  groupBy: z.enum(coverageGroupings).default('plan').describe('One row for each plan, sector, state or beneficiary group.'),
  countries: z.array(iso3Schema).min(1).max(60).optional().describe('Only these states; regional plans count by their part.'),
  region: group.optional().describe('Only the AES members, the invited states, or both.'),
  years: z.array(year).min(1).max(60).optional().describe('Only plans of these years, and money without a plan to be used in them.'),
  plans: z.array(codeSchema).min(1).max(200).optional().describe('Only these plans, by code.'),
  currency,
});
export type CoverageQuestion = z.output<typeof coverageQuestion>;

/** What can be asked of the regional view, without its moment. */
export const regionalQuestion = z.strictObject({
  currency,
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before; membership is that of this day.'),
  groups: z.array(group).min(1).max(3).default([...regionalGroups]).describe('AES members, invited states, and both together.'),
});
export type RegionalQuestion = z.output<typeof regionalQuestion>;

/** A list in a query: values with commas between them. */
const listed = <T>(item: z.ZodType<T, string>, most: number, what: string) =>
  z
    .string()
    .max(2000)
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1).max(most) as z.ZodType<T[], string[]>)
    .optional()
    .describe(`${what} With commas between them.`);

const yearText = z.string().regex(/^\d{4}$/).transform(Number).pipe(year);
const asOf = momentSchema.optional().describe('What was known at this moment; now when left out.');

export const coverageQuery = z.strictObject({
  ...coverageQuestion.shape,
  countries: listed(iso3Schema, 60, 'Only these states; regional plans count by their part.'),
  years: listed(yearText, 60, 'Only plans of these years, and money without a plan to be used in them.'),
  plans: listed(codeSchema, 200, 'Only these plans, by code.'),
  asOf,
});

export const regionalQuery = z.strictObject({
  currency: regionalQuestion.shape.currency,
  from: regionalQuestion.shape.from,
  to: regionalQuestion.shape.to,
  groups: listed(group, 3, 'AES members, invited states, and both together; all three when left out.'),
  asOf,
});

export const coverageParts = ['row', 'total', 'outsidePlans', 'beyond'] as const;

const shown = {
  show: z.enum(['counted', 'leftOut', 'all']).default('all').describe('Entries that count in the cell, those left out, or both.'),
  ...pageBounds,
};

export const coverageEntriesQuery = z.strictObject({
  ...coverageQuery.shape,
  part: z.enum(coverageParts).default('total').describe('A row (with code), the total, what is outside all plans, or what is shared with what is not asked about.'),
  code: z.string().min(1).max(40).optional().describe('Code of the row; “*” for shared, “-” for not specified.'),
  ...shown,
});
export type CoverageEntriesQuery = z.output<typeof coverageEntriesQuery>;

export const regionalEntryParts = [...regionalParts, 'total', 'receipts'] as const;

export const regionalEntriesQuery = z.strictObject({
  currency: regionalQuery.shape.currency,
  from: regionalQuery.shape.from,
  to: regionalQuery.shape.to,
  asOf,
  group: group.default('members').describe('The group of states.'),
  part: z.enum(regionalEntryParts).default('total').describe('The part of the group’s view, or the receipts of a state.'),
  state: z.string().regex(/^([A-Z]{3}|[*+])$/).optional().describe('With part “receipts”: the state; “*” for several of the group, “+” for some beyond it.'),
  ...shown,
});
export type RegionalEntriesQuery = z.output<typeof regionalEntriesQuery>;

const amount = z.string().describe('Decimal number in the currency of the answer.');
const orNone = (what: string) => z.string().nullable().describe(`${what}; null where nobody stated any.`);
const named = z.object({ fr: z.string(), en: z.string() });
const people = z.int().nullable();

const fundingShape = {
  funded: amount.describe('Committed, each flow once; what is paid is part of it.'),
  direct: amount.describe('Of it, not through a pooled fund.'),
  throughFunds: amount.describe('Of it, allocated by pooled funds.'),
  paid: amount.describe('Paid, or transferred by pooled funds less what was refunded.'),
  notYetPaid: amount.describe('Funded less paid, each converted at its own day.'),
  lines: z.int().describe('Entries counted.'),
};
const funding = z.object(fundingShape).meta({ id: 'CoverageFunding' });

const figures = {
  requirements: orNone('Funds required'),
  ...fundingShape,
  gap: orNone('Requirements less funding, never less than nothing'),
  coverage: z.object({ exact: z.string().describe('Per cent with four decimals.'), whole: z.int().describe('Whole per cent, half-up.') }).nullable().describe('Null (n/a) where nothing is required.'),
  inNeed: people.describe('People in need; null where nobody said.'),
  targeted: people.describe('People targeted; null where nobody said.'),
  reached: people.describe('People reached; null where nobody said.'),
};
const cell = z.object(figures).meta({ id: 'CoverageFigures' });

const published = z
  .object({
    source: z.string().describe('Who publishes it.'),
    country: z.string(),
    year: z.int(),
    requirements: moneySchema.nullable(),
    funding: moneySchema.nullable(),
    percent: z.int().nullable().describe('Whole per cent, as published.'),
    asOf: daySchema.describe('Day it was published.'),
    difference: z.string().nullable().describe('Our funding less the published one, in the currency of the answer; null where it cannot be compared.'),
  })
  .meta({ id: 'PublishedBesideCoverage' });

const leftOut = z.array(z.object({ reason: z.string(), lines: z.int(), text: named })).describe('How many entries of the question do not count, by reason.');
const notes = z.object({ fr: z.array(z.string()), en: z.array(z.string()) }).describe('What each total contains, and what is left out.');

export const coverageAnswer = z
  .object({
    kind: z.literal('plan_coverage'),
    asOf: z.string().describe('The moment the figures are about, to the microsecond.'),
    currency: z.string(),
    groupBy: z.enum(coverageGroupings),
    membershipOn: daySchema.describe('The day whose members and invited states are meant.'),
    countries: z.array(z.string()).nullable().describe('The states asked about; null for all.'),
    years: z.array(z.int()).nullable(),
    plans: z.array(z.string()).nullable(),
    notes,
    rows: z.array(z.object({ code: z.string(), name: named, ...figures, published: z.array(published).describe('By plan: what sources publish of it.') })),
    shared: cell.nullable().describe('For several plans, sectors, states or groups without a split; null when there is nothing.'),
    notSpecified: cell.nullable().describe('For a plan, but for no sector, state or group by name; null when there is nothing.'),
    total: cell.describe('Every row, what is shared and what is not specified.'),
    outsidePlans: funding.describe('For no plan; in no total.'),
    beyond: funding.describe('Shared with a state, year or plan not asked about; in no total.'),
    groups: z
      .array(z.object({ group, name: named, states: z.array(z.string()), total: cell, outsidePlans: funding, beyond: funding }))
      .describe('The same question for the AES members, the invited states, and both; each entry once.'),
    publishedOutsidePlans: z.array(published.omit({ requirements: true, percent: true, difference: true })).describe('What sources publish outside all plans, by state and year.'),
    withoutRequirements: z.array(z.string()).describe('Plans with money or people in the table and no requirements for what is asked.'),
    unconverted: z.array(z.object({ plan: z.string(), amount: moneySchema, asOf: daySchema })).describe('Requirements that no published rate converts.'),
    leftOut,
  })
  .meta({ id: 'PlanCoverage' });
export type CoverageResult = z.input<typeof coverageAnswer>;

const stages = z
  .object({ pledged: amount, committed: amount, paid: amount, lines: z.int().describe('Entries counted.') })
  .describe('Stages of one promise, never added together.')
  .meta({ id: 'RegionalStages' });

const receipts = z.object({
  state: z.string().describe('ISO 3166-1 alpha-3; “*” for several states of the group, “+” for some beyond it.'),
  name: named,
  outside: amount.describe('Paid directly from outside the group.'),
  own: amount.describe('Paid from own resources.'),
  betweenStates: amount.describe('Paid by another state of the group.'),
  marked: amount.describe('Paid, recorded as internal.'),
  fundTransfers: amount.describe('Transferred by pooled funds, less refunds.'),
  total: amount.describe('All of these.'),
});

export const regionalAnswer = z
  .object({
    kind: z.literal('regional'),
    asOf: z.string().describe('The moment the figures are about, to the microsecond.'),
    currency: z.string(),
    from: daySchema.nullable(),
    to: daySchema.nullable(),
    membershipOn: daySchema.describe('The day whose members and invited states are meant.'),
    notes,
    groups: z.array(
      z.object({
        group,
        name: named,
        states: z.array(z.string()),
        total: stages.describe('Money from outside and own resources.'),
        outside: stages.describe('The donor is of no state of the group.'),
        own: stages.describe('The donor is of the only state of destination.'),
        eliminated: z
          .object({ betweenStates: stages, marked: stages, fundTransfers: stages })
          .describe('Internal: what states of the group give to others, what is recorded as internal, what pooled funds transfer to states.'),
        beyond: stages.describe('Shared with a state outside the group; in no total.'),
        receipts: z.array(receipts).describe('What each state was paid.'),
      }),
    ),
    leftOut,
  })
  .meta({ id: 'RegionalView' });
export type RegionalResult = z.input<typeof regionalAnswer>;

export const entryReasons = ['INTO_FUND', 'INTERNAL_TRANSFER', 'RESTRICTED', 'RECORDED_LATER', 'NO_RATE', 'SHARED_ELSEWHERE'] as const;

export const movementsAnswer = z
  .object({
    asOf: z.string().describe('The moment the cell is about, to the microsecond.'),
    items: z.array(
      z.object({
        book: z.enum(['journal', 'fund']).describe('The donors’ journal or the funds’ book.'),
        entryId: z.uuid(),
        line: z.int().describe('Cell of the split within the flow.'),
        stage: z.enum(['pledge', 'commitment', 'disbursement', 'allocation', 'transfer', 'refund']),
        reference: z.string().nullable(),
        description: z.string().nullable(),
        donorId: z.uuid().nullable(),
        fundId: z.uuid().nullable().describe('Of a movement in the funds’ book: the fund.'),
        countries: z.array(z.string()),
        sectors: z.array(z.string()),
        plans: z.array(z.string()),
        valueDate: daySchema,
        recordedAt: z.string(),
        amount: moneySchema.describe('In its own currency; a refund is negative.'),
        converted: moneySchema.nullable().describe('In the currency asked.'),
        counted: z.boolean(),
        reason: z.enum(entryReasons).nullable().describe('Why it does not count.'),
        reasonText: z.string().nullable().describe('The same in the reader’s language.'),
      }),
    ),
    nextCursor: z.string().nullable(),
    hidden: z.int().describe('Entries of the cell that you may not see, because they belong to others.'),
  })
  .meta({ id: 'CellMovements' });
export type MovementsAnswer = z.input<typeof movementsAnswer>;
