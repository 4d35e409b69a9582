import { z } from 'zod';
import { releases, thresholdOperators } from '../../domain/instrument.js';
import { textSchema } from '../../http/text.js';
import { idSchema, moneySchema } from '../../http/wire.js';

const percent = z.string().regex(/^\d{1,3}(\.\d{1,6})?$/).meta({ example: '0.75' });
const decimal = z.string().regex(/^-?\d{1,12}(\.\d{1,9})?$/).meta({ example: '0.85' });
const years = z.int().min(0).max(60);
const collectedBy = textSchema(200).describe('Who collects the money.');

const index = {
  index: textSchema(200).describe('What is measured or forecast.'),
  operator: z.enum(thresholdOperators).describe('How the observed value compares with the threshold when it is reached.'),
  value: decimal.describe('The threshold, a decimal number.'),
};

/** What each mechanism asks of a contract or framework. Whatever is money is in the instrument's currency. */
export const termsSchemas = {
  insurance_payout: z.strictObject({
    premium: moneySchema.describe('Premium of the whole term.'),
    premiumPaidBy: textSchema(200).describe('Who pays the premium.'),
    peril: textSchema(200).describe('Drought, flood, epidemic …'),
    threshold: z.strictObject(index).describe('When the policy pays.'),
    maximumPayout: moneySchema.describe('The most that the policy pays.'),
  }),
  anticipatory_action: z.strictObject({
    framework: textSchema(300).describe('The framework that was agreed.'),
    hazard: textSchema(200).describe('Drought, flood, epidemic …'),
    trigger: z.strictObject({ ...index, leadTimeDays: z.int().min(0).max(730).describe('Days between the trigger and the shock it foresees.') }).describe('When the framework is triggered.'),
    prearranged: moneySchema.describe('Money agreed in advance: the most that is released.'),
    release: z.enum(releases).describe('Whether the money is released by the trigger itself, or by a decision on readiness.'),
  }),
  concessional_loan: z
    .strictObject({
      faceValue: moneySchema.describe('What is lent.'),
      interestRate: percent.describe('Per cent a year; service charges included.'),
      graceYears: years.describe('Years before repayment begins: the first part falls one period later.'),
      maturityYears: years.min(1).describe('Years until the last repayment.'),
      paymentsPerYear: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(12)]).default(2).describe('1, 2, 4 or 12 payments a year.'),
      discountRate: percent.default('5').describe('Per cent a year at which repayments are discounted; 5 as the IMF does.'),
    })
    .refine(({ graceYears, maturityYears }) => graceYears < maturityYears, { path: ['graceYears'], error: 'graceBeforeMaturity' }),
  debt_swap: z
    .strictObject({
      faceValue: moneySchema.describe('The debt that is cancelled or bought back.'),
      purchasePrice: moneySchema.optional().describe('What it is bought back for.'),
      discount: percent.optional().describe('Or by how many per cent it is reduced.'),
      releasedFunds: moneySchema.describe('What the debtor state commits to spend instead.'),
      creditor: textSchema(200).describe('Who held the debt.'),
    })
    .refine(({ purchasePrice, discount }) => (purchasePrice === undefined) !== (discount === undefined), { path: ['purchasePrice'], error: 'priceOrDiscount' }),
  solidarity_levy: z.strictObject({
    base: textSchema(300).describe('What the levy is taken on.'),
    rate: textSchema(100).describe('How much is taken: a share or an amount per unit.'),
    collectedBy,
    legalBasis: textSchema(300).describe('Law or decree.'),
  }),
  diaspora: z.strictObject({ collectedBy, channel: textSchema(200).describe('How the money comes: association, platform, bank, mobile money.') }),
  faith_based: z.strictObject({ form: z.enum(['zakat', 'waqf', 'sadaqa', 'collection', 'other']).describe('Zakat, endowment, voluntary gift, collection or another form.'), collectedBy }),
  social_protection_body: z.strictObject({
    bodyId: idSchema.describe('Organisation with the role social_protection_body.'),
    scheme: textSchema(300).describe('Fund, branch or benefit.'),
  }),
  private_sector: z.strictObject({ form: z.enum(['company', 'foundation', 'individual']).describe('Who gives.') }),
} as const;

/** The mechanisms that are carried by contracts or frameworks. */
export const instrumentMechanisms = Object.keys(termsSchemas) as [InstrumentMechanism, ...InstrumentMechanism[]];
export type InstrumentMechanism = keyof typeof termsSchemas;
export type TermsOf<M extends InstrumentMechanism> = z.output<(typeof termsSchemas)[M]>;
export type InstrumentTerms = TermsOf<InstrumentMechanism>;

/** The amounts of a mechanism's terms, by the name of their field. */
export const termsMoney: Readonly<Record<InstrumentMechanism, readonly string[]>> = {
  insurance_payout: ['premium', 'maximumPayout'],
  anticipatory_action: ['prearranged'],
  concessional_loan: ['faceValue'],
  debt_swap: ['faceValue', 'purchasePrice', 'releasedFunds'],
  solidarity_levy: [],
  diaspora: [],
  faith_based: [],
  social_protection_body: [],
  private_sector: [],
};
