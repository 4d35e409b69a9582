import { z } from 'zod';
import { instrumentEventKinds, releases } from '../../domain/instrument.js';
import { dayColumn, idColumn, pageQuery, pageSchema, textColumn } from '../../http/paging.js';
import { currencySchema, iso3Schema, textSchema } from '../../http/text.js';
import { daySchema, idSchema, momentSchema, moneySchema, versionField } from '../../http/wire.js';
import type { Instrument } from '../../platform/db.js';
import { instrumentMechanisms, termsSchemas } from './terms.schema.js';

const description = z.string().trim().min(1).max(2000);
const evidence = z
  .strictObject({
    reference: textSchema(200).nullable().default(null).describe('Number or title of the contract or framework.'),
    link: z.url({ protocol: /^https?$/ }).max(2000).nullable().default(null).describe('Where it can be read.'),
  })
  .describe('What proves the instrument.');

const fields = {
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  providerId: idSchema.nullable().describe('Organisation that insures, lends, cancels or collects.'),
  holderId: idSchema.nullable().describe('Organisation that holds it: a ministry, an agency, a social-protection body.'),
  countries: z.array(iso3Schema).min(1).max(60).describe('States that it is for.'),
  startsOn: daySchema.describe('First day.'),
  endsOn: daySchema.nullable().describe('Last day; null without one.'),
  terms: z
    .record(z.string(), z.unknown())
    .describe('What the mechanism asks for; the fields are those of InstrumentTerms for the mechanism. Money is in the currency of the instrument.'),
  replicaOfId: idSchema.nullable().describe('The policy that this one copies (ARC Replica).'),
  description: description.describe('What it is for, in words.'),
  evidence,
};

export const newInstrumentBody = z
  .strictObject({
    mechanism: z.enum(instrumentMechanisms).describe('Financing mechanism that it carries.'),
    currency: currencySchema,
    ...fields,
    providerId: fields.providerId.default(null),
    holderId: fields.holderId.default(null),
    endsOn: fields.endsOn.default(null),
    replicaOfId: fields.replicaOfId.default(null),
    evidence: evidence.default({ reference: null, link: null }),
  })
  .meta({ id: 'InstrumentInput' });
export type NewInstrument = z.output<typeof newInstrumentBody>;

export const instrumentPatchBody = z.strictObject(fields).partial();
export type InstrumentPatch = z.output<typeof instrumentPatchBody>;

const eventFields = {
  occurredOn: daySchema.describe('When it happened; not in the future.'),
  description: description.describe('What happened, in words.'),
  source: textSchema(300).nullable().default(null).describe('Who reports it.'),
};
const follows = (what: string) => idSchema.describe(`The ${what} that it follows; of the same instrument.`);
const amount = moneySchema.describe('In the currency of the instrument.');

export const newEventBody = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cost').describe('A premium or charge that was paid.'), ...eventFields, amount }),
    z.strictObject({
      kind: z.literal('trigger').describe('The threshold was reached.'),
      ...eventFields,
      observed: z.string().regex(/^-?\d{1,12}(\.\d{1,9})?$/).describe('The index or forecast that was observed, a decimal number.'),
    }),
    z.strictObject({
      kind: z.literal('activation').describe('The release was set off.'),
      ...eventFields,
      followsId: follows('trigger'),
      release: z.enum(releases).describe('By itself, or decided.'),
    }),
    z.strictObject({
      kind: z.literal('payout').describe('Money was paid out.'),
      ...eventFields,
      followsId: follows('activation'),
      amount,
      commitmentId: idSchema
        .nullable()
        .default(null)
        .describe('The commitment whose money it is. Only the commitment and its disbursements count in funding totals; this event counts in none.'),
    }),
  ])
  .meta({ id: 'InstrumentEventInput' });
export type NewEvent = z.output<typeof newEventBody>;

export const undoBody = z.strictObject({ reason: z.string().trim().min(3).max(1000).describe('Why it is undone.') });
export const eventParams = z.strictObject({ id: idSchema, eventId: idSchema });

const days = (what: string) => z.int().nullable().describe(what);

export const instrumentEventAnswer = z
  .object({
    id: z.uuid(),
    kind: z.enum(instrumentEventKinds),
    followsId: z.uuid().nullable().describe('The trigger of an activation, the activation of a payout.'),
    undoesId: z.uuid().nullable().describe('The event that this one undoes.'),
    undone: z.boolean().describe('Whether another event undoes this one.'),
    occurredOn: daySchema,
    observed: z.string().nullable(),
    release: z.enum(releases).nullable(),
    amount: moneySchema.nullable(),
    commitmentId: z.uuid().nullable(),
    description: z.string(),
    source: z.string().nullable(),
    daysSincePrevious: days('Days since the event that it follows.'),
    daysSinceTrigger: days('Days since the trigger of its chain.'),
    recordedBy: z.uuid(),
    recordedAt: momentSchema,
  })
  .meta({ id: 'InstrumentEvent' });

const termsAnswer = z.union([
  termsSchemas.insurance_payout,
  termsSchemas.anticipatory_action,
  termsSchemas.concessional_loan,
  termsSchemas.debt_swap,
  termsSchemas.solidarity_levy,
  termsSchemas.diaspora,
  termsSchemas.faith_based,
  termsSchemas.social_protection_body,
  termsSchemas.private_sector,
]);

export const instrumentAnswer = z
  .object({
    id: z.uuid(),
    reference: z.string().describe('Number to quote, such as INS-2026-000042.'),
    mechanism: z.enum(instrumentMechanisms),
    currency: z.string(),
    nameFr: z.string(),
    nameEn: z.string(),
    providerId: z.uuid().nullable(),
    holderId: z.uuid().nullable(),
    countries: z.array(z.string()),
    startsOn: daySchema,
    endsOn: daySchema.nullable(),
    terms: termsAnswer.meta({ id: 'InstrumentTerms' }),
    replicaOfId: z.uuid().nullable(),
    description: z.string(),
    evidence: z.object({ reference: z.string().nullable(), link: z.string().nullable() }),
    figures: z
      .union([
        z.object({
          faceValue: moneySchema,
          grantElement: moneySchema.describe('The part of the face value that is a gift; apart from it, never added to it.'),
          grantElementPercent: z.string().describe('1 − present value of the debt service ÷ face value, per cent.'),
        }),
        z.object({
          faceValue: moneySchema,
          discount: moneySchema.describe('Face value − purchase price.'),
          discountPercent: z.string().describe('Discount ÷ face value, per cent.'),
          releasedFunds: moneySchema,
          releasedPercent: z.string().describe('Released funds ÷ face value, per cent.'),
        }),
      ])
      .nullable()
      .describe('Of a loan its grant element, of a debt swap its discount and released share; null for other mechanisms.'),
    costs: moneySchema.describe('Σ costs that stand.'),
    paidOut: moneySchema.describe('Σ payouts that stand.'),
    leftToPayOut: moneySchema.nullable().describe('Maximum payout, or prearranged money, − payouts; null where there is no such limit.'),
    events: z.array(instrumentEventAnswer).describe('What happened to it, in the order of the days.'),
    recordedBy: z.uuid(),
    recordedAt: momentSchema,
    version: versionField,
  })
  .meta({ id: 'Instrument' });
export type InstrumentAnswer = z.input<typeof instrumentAnswer>;
export type InstrumentEventAnswer = z.input<typeof instrumentEventAnswer>;

export const instrumentSorts = {
  recordedAt: idColumn<Instrument>(),
  startsOn: dayColumn<Instrument>('startsOn', (row) => row.startsOn),
  reference: textColumn<Instrument>('reference', (row) => row.reference),
};

export const instrumentsQuery = z.strictObject({
  ...pageQuery(instrumentSorts, '-recordedAt'),
  mechanism: z.enum(instrumentMechanisms).optional().describe('Only of this mechanism.'),
  country: iso3Schema.optional().describe('Only those for this state.'),
  from: daySchema.optional().describe('In force on this day or later.'),
  to: daySchema.optional().describe('In force on this day or earlier.'),
});
export type InstrumentsQuery = z.output<typeof instrumentsQuery>;
export const instrumentPage = pageSchema(instrumentAnswer);
