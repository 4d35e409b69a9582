import { z } from 'zod';
import { dayColumn, idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema, textSchema } from '../../http/text.js';
import { booleanQuery, daySchema, idSchema, moneySchema, versionField } from '../../http/wire.js';
import type { PaymentStatement } from '../../platform/db.js';

export const statementBody = z
  .strictObject({
    donorId: idSchema.describe('Organisation that says it paid. A donor states its own payments; a finance officer those of a donor’s letter.'),
    countries: z.array(iso3Schema).min(1).max(100).describe('States to which it says it paid, ISO 3166-1 alpha-3.'),
    recipientId: idSchema.nullish().describe('Organisation to which it says it paid.'),
    amount: moneySchema.describe('What it says it paid.'),
    valueDate: daySchema.describe('When it says the money left; not in the future.'),
    donorReference: textSchema(100).nullish().describe('The donor’s own number: of the transfer or the contract.'),
    description: z.string().trim().min(1).max(2000).describe('What was paid, in words.'),
    restricted: z.boolean().default(false).describe('Shown only to who sees restricted flows, and to the donor.'),
  })
  .meta({ id: 'PaymentStatementInput' });
export type StatementInput = z.output<typeof statementBody>;

export const withdrawalBody = z.strictObject({ reason: z.string().trim().min(1).max(2000).describe('Why it is withdrawn.') }).meta({ id: 'StatementWithdrawal' });

const withdrawal = z
  .object({
    by: z.uuid().describe('Who withdrew it.'),
    at: z.iso.datetime().describe('When.'),
    reason: z.string().describe('Why.'),
  })
  .meta({ id: 'Withdrawal' });

export const statementAnswer = z
  .object({
    id: z.uuid().describe('Identifier of the statement.'),
    reference: z.string().describe('Number to quote, such as AVI-2026-000042.'),
    donorId: z.uuid().describe('Organisation that says it paid.'),
    countries: z.array(z.string()).describe('States to which it says it paid.'),
    recipientId: z.uuid().nullable().describe('Organisation to which it says it paid.'),
    amount: moneySchema.describe('What it says it paid. It is in no total: only what the state’s side records is counted.'),
    valueDate: daySchema.describe('When it says the money left.'),
    donorReference: z.string().nullable().describe('The donor’s own number.'),
    description: z.string().describe('What was paid, in words.'),
    restricted: z.boolean().describe('Shown only to who sees restricted flows, and to the donor.'),
    recordedBy: z.uuid().describe('Who recorded it.'),
    recordedAt: z.iso.datetime().describe('When it was recorded.'),
    withdrawal: withdrawal.nullable().describe('Null as long as it stands.'),
    version: versionField,
  })
  .meta({ id: 'PaymentStatement' });
export type StatementAnswer = z.input<typeof statementAnswer>;

export const statementSorts = {
  recordedAt: idColumn<PaymentStatement>(),
  valueDate: dayColumn<PaymentStatement>('valueDate', (row) => row.valueDate),
};

export const statementsQuery = z.strictObject({
  ...pageQuery(statementSorts, '-recordedAt'),
  donorId: idSchema.optional().describe('Only of this donor, duplicates merged into it included.'),
  country: iso3Schema.optional().describe('Only those that name this state.'),
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before.'),
  withdrawn: booleanQuery.optional().describe('Only withdrawn ones, or only the others.'),
});
export type StatementsQuery = z.output<typeof statementsQuery>;

export const statementPage = pageSchema(statementAnswer).meta({ id: 'PaymentStatementPage' });
