import { z } from 'zod';
import { reportingCurrencies } from '../../domain/fx.js';
import { ageingBuckets, promiseStatuses } from '../../domain/mechanism-figures.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, momentSchema, moneySchema } from '../../http/wire.js';

const asOf = momentSchema.optional().describe('What was known at this moment; now when left out. The same moment always gives the same answer.');
const currency = z.enum(reportingCurrencies).default('USD').describe('Currency of the figures.');

export const mechanismsQuestion = z.strictObject({
  currency,
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before.'),
  countries: z.array(iso3Schema).min(1).max(60).optional().describe('Only flows that touch one of these states; shared flows count whole.'),
  groupBy: z.literal('mechanism').default('mechanism').describe('One row for each mechanism.'),
});
export type MechanismsQuestion = z.output<typeof mechanismsQuestion>;

export const mechanismsQuery = mechanismsQuestion.omit({ countries: true, groupBy: true }).extend({
  countries: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(iso3Schema).min(1).max(60))
    .optional()
    .describe('States, ISO 3166-1 alpha-3, between commas.'),
  asOf,
});
export type MechanismsQuery = z.output<typeof mechanismsQuery>;

export const forumQuestion = z.strictObject({ eventId: idSchema.describe('Conference or forum where the pledges were made.'), currency });
export type ForumQuestion = z.output<typeof forumQuestion>;

export const forumQuery = forumQuestion.omit({ eventId: true }).extend({ asOf });
export type ForumQuery = z.output<typeof forumQuery>;

const amount = (what: string) => z.string().describe(`${what}; decimal number in the currency asked for.`);
const rate = (what: string) => z.string().nullable().describe(`${what}, four decimals; null where there is nothing to divide by.`);
const notes = z.object({ fr: z.array(z.string()), en: z.array(z.string()) }).describe('What each figure means, and what is left out.');
const names = z.record(z.string(), z.object({ fr: z.string(), en: z.string() }));
const moment = z.string().describe('The moment, to the microsecond.');
const ids = (what: string) => z.array(z.uuid()).describe(what);

const delay = (what: string) =>
  z.object({ median: z.int().nullable().describe('Days; null without data.'), count: z.int().describe('Flows or events behind it.') }).describe(what);

const valued = z
  .object({
    pledged: amount('Pledged'),
    committed: amount('Committed'),
    disbursed: amount('Disbursed'),
    sources: z.array(
      z.object({ source: z.string().nullable().describe('Who valued it; null where nobody says.'), commitments: z.int(), committed: amount('Committed') }),
    ),
  })
  .nullable();

const rowFields = {
  pledged: amount('Pledged'),
  committed: amount('Committed'),
  disbursed: amount('Disbursed'),
  executionRate: rate('Disbursed ÷ committed'),
  lines: z.int().describe('Lines of the journal behind the three amounts.'),
  promises: z.object({
    pledges: z.int(),
    pledged: amount('Pledged'),
    converted: amount('Committed against these pledges, at their own rates'),
    paid: amount('Paid on these pledges, at their own rates'),
    conversionRate: rate('Converted ÷ pledged'),
    fulfilmentRate: rate('Paid ÷ pledged'),
  }),
  days: z.object({
    pledgeToCommitment: delay('Weighted median, commitments with a pledge.'),
    commitmentToFirstPayment: delay('Weighted median, of those paid in part at least.'),
    commitmentToFullPayment: delay('Weighted median, of those paid in full.'),
    triggerToActivation: delay('Lower median over activations.'),
    activationToPayout: delay('Lower median over payouts.'),
    triggerToPayout: delay('Lower median over payouts.'),
  }),
  predictability: z
    .object({ instalments: z.int(), planned: amount('Due'), actual: amount('Paid of it'), rate: rate('(planned − actual) ÷ planned') })
    .nullable()
    .describe('Over the instalments due; null where none is.'),
  cost: z
    .object({ definition: z.enum(['fund_charges', 'of_payouts', 'of_disbursed']), costs: amount('Costs'), whole: amount('What they are a share of'), share: rate('Costs ÷ whole') })
    .nullable()
    .describe('Null: not recorded.'),
  loans: z.object({ count: z.int(), faceValue: amount('Face value'), grantElement: amount('Grant element, apart from it'), share: rate('Grant element ÷ face value') }).nullable(),
  swaps: z
    .object({ count: z.int(), faceValue: amount('Face value'), discount: amount('Face value − purchase price'), releasedFunds: amount('Released funds'), releasedShare: rate('Released ÷ face value') })
    .nullable(),
  inKind: valued.describe('Of which in kind; null for none.'),
  technicalAssistance: valued.describe('Of which technical assistance; null for none.'),
};

export const mechanismRow = z.object({
  mechanism: z.string(),
  ...rowFields,
  instrumentIds: ids('Instruments of the mechanism behind the figures.'),
  links: z.object({ pledges: z.string(), commitments: z.string(), instruments: z.string() }).describe('Where the records behind the row are listed.'),
});
export type MechanismRow = z.input<typeof mechanismRow>;

export const mechanismsAnswer = z
  .object({
    kind: z.literal('mechanisms'),
    asOf: moment,
    currency: z.string(),
    from: daySchema.nullable(),
    to: daySchema.nullable(),
    countries: z.array(z.string()).nullable(),
    notes,
    total: z.object({ pledged: amount('Pledged'), committed: amount('Committed'), disbursed: amount('Disbursed'), executionRate: rate('Disbursed ÷ committed'), lines: z.int() }),
    rows: z.array(mechanismRow),
    labels: names.describe('Names of the mechanisms by code.'),
    leftOut: z.array(z.object({ reason: z.string(), lines: z.int(), text: z.object({ fr: z.string(), en: z.string() }) })).describe('Lines that do not count, by reason.'),
  })
  .meta({ id: 'MechanismComparison' });
export type MechanismsAnswer = z.input<typeof mechanismsAnswer>;

const ageing = z.object(Object.fromEntries(ageingBuckets.map((bucket) => [bucket, z.string()])) as Record<(typeof ageingBuckets)[number], z.ZodString>).describe('What is unpaid by how long it has been due; sums to unpaid.');

const followFields = {
  pledged: z.string().describe('Promised.'),
  converted: z.string().describe('Committed, amendments included.'),
  paid: z.string().describe('Paid.'),
  outstanding: z.string().describe('Pledged − committed.'),
  unpaid: z.string().describe('Pledged − paid.'),
  late: z.string().describe('Of the unpaid: overdue.'),
  ageing,
};
const followFigures = z.object(followFields);
const totals = {
  pledges: z.int(),
  figures: followFigures.describe('In the currency asked for, at the rates of the pledges.'),
  journal: z.object({ committed: z.string(), paid: z.string() }).describe('Committed and paid in the currency asked for, each at the rate of its own day: what the journal holds.'),
};

export const followUpRow = z.object({
  pledgeId: z.uuid(),
  reference: z.string(),
  donorId: z.uuid().describe('Kept record, where it was merged.'),
  recipientId: z.uuid().nullable(),
  mechanism: z.string(),
  countries: z.array(z.string()),
  restricted: z.boolean(),
  pledgedOn: daySchema,
  currency: z.string(),
  status: z.enum(promiseStatuses).exclude(['reversed']),
  own: followFigures.describe('In the currency of the pledge.'),
  figures: followFigures.nullable().describe('In the currency asked for, at the rate of the pledge’s day; null without a known rate.'),
  journal: totals.journal,
  daysToCommitment: z.int().nullable().describe('From the pledge to the first commitment.'),
  daysToFirstPayment: z.int().nullable().describe('From the pledge to the first payment.'),
  commitments: z.array(z.object({ id: z.uuid(), reference: z.string(), on: daySchema, committed: moneySchema, paid: moneySchema })),
  instalments: z.array(z.object({ dueOn: daySchema, amount: moneySchema, paid: moneySchema, bucket: z.enum(ageingBuckets).nullable().describe('How late what is unpaid of it is; null once it is paid.') })),
});
export type FollowUpRow = z.input<typeof followUpRow>;

export const forumAnswer = z
  .object({
    kind: z.literal('forum_follow_up'),
    asOf: moment,
    currency: z.string(),
    event: z.object({ id: z.uuid(), code: z.string(), nameFr: z.string(), nameEn: z.string() }).describe('As it was called at the moment.'),
    notes,
    total: z.object({ ...totals, statuses: z.record(z.string(), z.int()).describe('Pledges by what became of them.') }),
    byDonor: z.array(z.object({ donorId: z.uuid(), ...totals })),
    byCurrency: z.array(z.object({ currency: z.string(), pledges: z.int(), figures: followFigures })).describe('Totals in each original currency.'),
    rows: z.array(followUpRow),
    reversed: z.array(z.object({ pledgeId: z.uuid(), reference: z.string(), donorId: z.uuid(), restricted: z.boolean(), status: z.literal('reversed'), amount: moneySchema })).describe('In no total.'),
    labels: z.object({ organisations: names, mechanisms: names }),
    leftOut: z.object({ internal: z.int(), unconverted: z.int() }).describe('Pledges that are in no total, or in no converted one.'),
  })
  .meta({ id: 'ForumFollowUp' });
export type ForumAnswer = z.input<typeof forumAnswer>;
