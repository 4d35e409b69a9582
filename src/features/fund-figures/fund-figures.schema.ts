import { z } from 'zod';
import { fundEntryKinds } from '../../domain/fund-book.js';
import { statementLineNames } from '../../domain/fund-statement.js';
import { reportingCurrencies } from '../../domain/fx.js';
import { pageBounds, pageSchema } from '../../http/paging.js';
import { iso3Schema } from '../../http/text.js';
import { daySchema, idSchema, momentSchema, moneySchema } from '../../http/wire.js';

const asOf = momentSchema.optional().describe('What was known at this moment; now when left out. The same moment always gives the same answer.');
const period = {
  from: daySchema.optional().describe('First day of the period; since the beginning when left out.'),
  to: daySchema.optional().describe('Last day of the period; no end when left out.'),
};
const currency = z.enum(reportingCurrencies).default('USD').describe('Reporting currency; each movement is converted at the rate of its own day.');
const both = (what: string) => z.object({ fr: z.string(), en: z.string() }).describe(what);
const notes = z.object({ fr: z.array(z.string()), en: z.array(z.string()) }).describe('What each figure contains and what is left out, in both languages.');
const names = z.record(z.string(), z.object({ fr: z.string(), en: z.string() }));
const labels = z.object({ donors: names, partners: names, states: names, plans: names, funds: names }).describe('Names of the codes, in both languages.');
export type FigureLabels = z.output<typeof labels>;
const figure = (what: string) => z.string().describe(what);

// ── Statement ──

/** The question of the statement, without its moment. */
export const statementQuestion = z.strictObject({ fundId: idSchema.describe('The pooled fund.'), ...period });
export type StatementQuestion = z.output<typeof statementQuestion>;
export const statementQuery = statementQuestion.omit({ fundId: true }).extend({ asOf });

const span = z
  .object({
    before: z.string().nullable().describe('Until the day before the period: the opening.'),
    period: z.string().nullable().describe('In the period: the change.'),
    until: z.string().nullable().describe('Until the end of the period: the closing, the sum of both.'),
  })
  .describe('Decimal numbers in the fund’s currency; null where restricted movements that you may not see belong to it.');
const line = z.enum(statementLineNames as [(typeof statementLineNames)[number], ...(typeof statementLineNames)[number][]]);
const lineFigures = z.object({ line: line.describe('The line; pass it to …/entries to open it.'), ...span.shape });
const lines = z.array(lineFigures);
const group = (what: string) => z.array(z.object({ code: z.string().describe(what), lines })).describe('The lines that can be told apart so.');
const open = (whole: string, met: string) =>
  z.array(
    z.object({
      currency: z.string().describe('Original currency.'),
      whole: figure(whole),
      met: figure(met),
      open: figure('The difference.'),
      converted: z.string().nullable().describe('The difference in the fund’s currency, at the rates of the promises; null where there is no rate.'),
    }),
  );

export const statementAnswer = z
  .object({
    kind: z.literal('fund_statement'),
    asOf: z.string().describe('The moment, to the microsecond.'),
    fund: z.string().describe('The fund.'),
    currency: z.string().describe('Currency of the fund, ISO 4217.'),
    from: daySchema.nullable().describe('First day of the period.'),
    to: daySchema.nullable().describe('Last day of the period.'),
    notes,
    lines: lines.describe('Sources − uses = administratorBalance; + partnerBalance = totalBalance. “allocated” is what was awarded, “notTransferred” what of it is still to be sent, “available” what can still be awarded.'),
    deliveryRate: span.describe('Expenditure ÷ net transfers, four decimals; null where there are none, or where you may not see them all.'),
    byDonor: group('Donor, or “others” for all those that you may not see.'),
    byPartner: group('Partner.'),
    byState: group('State, “*” for shared, “-” for not specified.'),
    unpaid: z
      .object({
        commitments: open('Firmly promised to the fund until the end of the period.', 'Paid in of it.').describe('Commitments not yet paid.'),
        pledges: open('Announced until the end of the period.', 'Become commitments.').describe('Pledges not yet committed. Stages of one promise: never to be added to the commitments.'),
      })
      .describe('By the donors’ journal.'),
    labels,
  })
  .meta({ id: 'FundStatement' });
export type StatementAnswer = z.output<typeof statementAnswer>;

// ── Entries behind a line ──

export const fundEntriesQuery = z.strictObject({
  line: line.describe('Line of the statement.'),
  donor: idSchema.optional().describe('Only this donor, with the duplicates merged into it.'),
  partner: idSchema.optional().describe('Only this partner, with the duplicates merged into it.'),
  state: z.string().regex(/^([A-Z]{3}|\*|-)$/).optional().describe('Only this state; “*” for shared, “-” for not specified.'),
  ...period,
  asOf,
  ...pageBounds,
});
export type FundEntriesQuery = z.output<typeof fundEntriesQuery>;

export const fundEntry = z
  .object({
    id: z.uuid().describe('The entry.'),
    kind: z.enum(fundEntryKinds).describe('What moved.'),
    reference: z.string().nullable().describe('Of the operation or of the payment; null where you may not see it.'),
    description: z.string().nullable().describe('Of the operation or of the payment; null where you may not see it.'),
    donorId: z.uuid().nullable().describe('Donor of a deposit, or of a refund to it.'),
    partnerId: z.uuid().nullable().describe('Partner of an allocation.'),
    counterFundId: z.uuid().nullable().describe('The other fund of money between two.'),
    countries: z.array(z.string()).describe('States it is for.'),
    sectors: z.array(z.string()).describe('Sectors it is for.'),
    plans: z.array(z.string()).describe('Response plans it is for.'),
    valueDate: daySchema.describe('The day under which it counts.'),
    occurredOn: daySchema.nullable().describe('When it happened, where that month was closed already; otherwise null.'),
    recordedAt: z.string().describe('When it was recorded.'),
    reversal: z.boolean().describe('Whether it undoes another entry.'),
    counts: moneySchema.describe('With what it counts in the line.'),
  })
  .meta({ id: 'FundEntry' });

export const fundEntriesAnswer = pageSchema(fundEntry).extend({
  asOf: z.string().describe('The moment, to the microsecond.'),
  sum: z.object({ amount: moneySchema, entries: z.int() }).describe('Σ of all that count in the line: what the statement shows there.'),
  notShown: z.int().describe('Entries of the sum that you may not see one by one.'),
});

// ── Agreements ──

export const agreementsQuery = z.strictObject(pageBounds);

const instalment = z.object({
  number: z.int().describe('Its place in the plan.'),
  dueOn: daySchema.describe('When it is due.'),
  amount: moneySchema.describe('As planned, as far as the commitment still covers it.'),
  paid: moneySchema.describe('Payments meet the earliest instalment first.'),
  unpaid: moneySchema.describe('What is missing of it.'),
  daysLate: z.int().describe('0 where nothing is missing or it is not due yet.'),
});

export const agreement = z
  .object({
    commitmentId: z.uuid().describe('The signed commitment.'),
    reference: z.string().describe('Its reference.'),
    donorId: z.uuid().describe('Who signed it.'),
    signedOn: daySchema.describe('Its value date.'),
    agreed: moneySchema.describe('As signed plus approved amendments.'),
    paid: moneySchema.describe('Σ approved deposits.'),
    unpaid: moneySchema.describe('The difference.'),
    late: moneySchema.describe('What is unpaid of the instalments that were due.'),
    plan: z.enum(['commitment', 'pledge']).nullable().describe('Whose instalments these are: its own, or those of the pledge it fulfils; null for none.'),
    instalments: z.array(instalment).describe('The planned payments, earliest first.'),
    deposits: z
      .array(
        z.object({
          disbursementId: z.uuid().describe('The payment.'),
          reference: z.string().describe('Its reference.'),
          valueDate: daySchema.describe('When it was paid.'),
          amount: moneySchema.describe('As it was paid.'),
          credited: moneySchema.nullable().describe('As it stands in the fund’s book, in its currency.'),
        }),
      )
      .describe('What was paid in, earliest first.'),
  })
  .meta({ id: 'FundAgreement' });
export const agreementsPage = pageSchema(agreement).meta({ id: 'FundAgreementPage' });
export type AgreementAnswer = z.output<typeof agreement>;

// ── Attribution ──

/** The question of the attribution, without its moment. */
export const attributionQuestion = z.strictObject({
  ...period,
  currency,
  fundIds: z.array(idSchema).min(1).max(200).optional().describe('Only these funds, and nothing paid directly; what they received of other funds is shown.'),
  donorIds: z.array(idSchema).min(1).max(200).optional().describe('Only these donors, with the duplicates merged into them.'),
  countries: z.array(iso3Schema).min(1).max(60).optional().describe('Only recipients in these states; what went elsewhere is one sum.'),
});
export type AttributionQuestion = z.output<typeof attributionQuestion>;
export const attributionQuery = z.strictObject({
  donorId: idSchema.optional().describe('Only this donor, with the duplicates merged into it.'),
  fundId: idSchema.optional().describe('Only this fund.'),
  country: iso3Schema.optional().describe('Only recipients in this state; what went elsewhere is one sum.'),
  ...period,
  currency,
  asOf,
});

/** What received: a partner in a state under a plan; fees and costs of a fund; what is of earlier; recipients not shown one by one. */
export const recipientKinds = ['recipient', 'fee', 'directCost', 'earlier', 'elsewhere', 'restricted'] as const;
export type RecipientKind = (typeof recipientKinds)[number];

const recipient = {
  kind: z.enum(recipientKinds).describe('A recipient; fees or direct costs of a fund; money of earlier given back; recipients outside what you may see or asked for; restricted ones.'),
  partner: z.string().describe('Organisation; “-” where not specified.'),
  state: z.string().describe('ISO3 code; “*” for several states without a split, “-” for none.'),
  plan: z.string().describe('Response plan; “*” for several, “-” for none.'),
};
const flows = {
  paidIn: figure('Paid in by the donor itself.'),
  received: figure('Its part of what came from other funds.'),
  attributed: figure('Its part of what recipients got, of fees and of costs.'),
  given: figure('Its part of what went to other funds.'),
  still: figure('Its part of what is still there: paidIn + received − attributed − given.'),
};
const direct = figure('Paid without a fund.');
const throughFunds = figure('Attributed through funds.');
const total = figure('Direct + through funds.');

const attributionFund = z
  .object({
    fund: z.string().describe('The fund.'),
    share: z.string().nullable().describe('Share of the fund’s inflows in per cent, four decimals; those of all sources sum to exactly 100. Null where there are no inflows.'),
    own: z.object(flows).describe('In the fund’s currency.'),
    converted: z.object(flows).describe('In the reporting currency, at the rates of the flows; “still” is what was paid in less what is attributed.'),
    recipients: z.array(z.object({ ...recipient, own: figure('In the fund’s currency.'), converted: figure('In the reporting currency.') })).describe('Where it went.'),
    given: z.array(z.object({ fund: z.string(), own: figure('In the fund’s currency.'), converted: figure('In the reporting currency.') })).describe('Other funds it went to.'),
  })
  .describe('The donor’s part of a fund.');

const attributionRow = z
  .object({
    donor: z.string().describe('Donor; “-” unidentified, “?” not explained by the book, “restricted” for restricted gifts that you may not see.'),
    direct,
    funds: z.array(attributionFund),
    recipients: z.array(z.object({ ...recipient, direct, throughFunds, total })).describe('attributed(donor, recipient) = direct + Σ over funds.'),
    totals: z.object(flows).describe('In the reporting currency; direct payments are paid in and attributed at once.'),
  })
  .meta({ id: 'AttributionRow' });

export const attributionAnswer = z
  .object({
    kind: z.literal('attribution'),
    asOf: z.string().describe('The moment, to the microsecond.'),
    from: daySchema.nullable().describe('First day of the period.'),
    to: daySchema.nullable().describe('Last day of the period.'),
    currency: z.enum(reportingCurrencies).describe('Reporting currency.'),
    rule: both('How shares are rounded.'),
    notes,
    funds: z.array(z.object({ fund: z.string().describe('The fund.'), currency: z.string().describe('Its currency.') })),
    rows: z.array(attributionRow),
    totals: z.object({
      ...flows,
      byKind: z.array(z.object({ kind: recipient.kind, direct, throughFunds, total })).describe('They sum to what is attributed.'),
      byState: z.array(z.object({ state: recipient.state, direct, throughFunds, total })).describe('Of the recipients.'),
      byPartner: z.array(z.object({ partner: recipient.partner, direct, throughFunds, total })).describe('Of the recipients.'),
    }),
    labels,
  })
  .meta({ id: 'Attribution' });
export type AttributionAnswer = z.output<typeof attributionAnswer>;
export type AttributionRow = z.output<typeof attributionRow>;

// ── A donor's own money ──

export const contributionsQuery = z.strictObject({ currency });

export const contributionsAnswer = z
  .object({
    asOf: z.string().describe('The moment, to the microsecond.'),
    currency: z.enum(reportingCurrencies).describe('Reporting currency.'),
    promised: figure('Announced. Stages of one promise: never to be added together.'),
    committed: figure('Firmly promised.'),
    paid: figure('Really paid, directly and into funds.'),
    money: attributionRow.nullable().describe('Paid in directly and into each fund, where it went, what is still in a fund; null before anything is paid.'),
    due: z
      .array(
        z.object({
          stage: z.enum(['pledge', 'commitment']).describe('Whether a firm promise is due, or an announcement that is none yet.'),
          recordId: z.uuid().describe('The pledge or commitment.'),
          reference: z.string().describe('Its reference.'),
          fundId: z.uuid().nullable().describe('The fund it is for.'),
          ...instalment.pick({ dueOn: true, unpaid: true, daysLate: true }).shape,
        }),
      )
      .describe('Planned payments not met yet, the earliest due first.'),
    notes,
    labels,
  })
  .meta({ id: 'OwnContributions' });
