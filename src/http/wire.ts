import { z } from 'zod';
import { isDay, type Day, toDay } from '../domain/days.js';
import { exponentOf, type Exponents, formatMinor, parseMinor } from '../domain/money.js';
import { atField } from '../domain/problem.js';
import { dimensions, type Splits } from '../domain/splits.js';

/** Shapes that many requests and answers share. */

export const idSchema = z.uuid().describe('Identifier of the record (UUID).');
export const versionField = z.int().describe('Rises with every change; the ETag, to be sent as If-Match.');
export const idParams = z.strictObject({ id: idSchema });

export const daySchema = z
  .string()
  .refine(isDay, { error: 'format.date' })
  .meta({ format: 'date', example: '2026-03-31' })
  .describe('A calendar day, YYYY-MM-DD.');

/** The database knows no year 0 and no offset of 16 hours. */
const isStorableMoment = (text: string) => /^(?!0000).*(Z|[+-](0\d|1[0-5]):\d\d)$/.test(text);

export const momentSchema = z.iso
  .datetime({ offset: true })
  .refine(isStorableMoment, { error: 'format.datetime' })
  .describe('A moment, ISO 8601.');

export const moneySchema = z
  .strictObject({
    amount: z.string().min(1).max(40).describe('Decimal number with a point; no more decimals than the currency has (XOF 0, EUR 2, KWD 3).').meta({ example: '1250000.50' }),
    currency: z.string().regex(/^[A-Z]{3}$/).describe('ISO 4217 code.').meta({ example: 'EUR' }),
  })
  .meta({ id: 'Money' });
export type MoneyWire = z.output<typeof moneySchema>;

/**
 * Minor units of an amount on the wire.
 * @throws AMOUNT_FORMAT, AMOUNT_DIGITS, AMOUNT_TOO_LARGE, CURRENCY_UNKNOWN, said of the field
 */
export function minorOf(money: MoneyWire, exponents: Exponents, field = 'amount'): bigint {
  atField(`${field}.currency`, () => exponentOf(money.currency, exponents));
  return atField(`${field}.amount`, () => parseMinor(money.amount, money.currency, exponents));
}

/** Minor units as they are written on the wire. */
export function moneyOf(minor: bigint, currency: string, exponents: Exponents): MoneyWire {
  return { amount: formatMinor(minor, exponentOf(currency, exponents)), currency };
}

const shareSchema = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,4})?$/)
  .describe('Per cent, at most four decimals; all parts of a dimension have a share, summing to exactly 100, or none has.')
  .meta({ example: '33.3334' });
const splitPart = z.strictObject({ code: z.string().min(1).max(40).describe('Code of the part.'), share: shareSchema.optional() }).meta({ id: 'SplitPart' });
const partsOf = (what: string) => z.array(splitPart).max(100).optional().describe(what);

export const splitsSchema = z
  .strictObject({
    country: partsOf('States, ISO 3166-1 alpha-3.'),
    sector: partsOf('Sectors, by code of /v1/reference/sectors.'),
    beneficiaryGroup: partsOf('Beneficiary groups, by code of /v1/reference/beneficiary-groups.'),
    plan: partsOf('Response plans, by code of /v1/response-plans.'),
    usageYear: partsOf('Years in which the money is to be used.'),
  } satisfies Record<(typeof dimensions)[number], unknown>)
  .describe('What the flow is for. Several codes without shares are shared: the flow counts once, as “shared”, in no single bucket.')
  .meta({ id: 'Splits' });

export type SplitsWire = z.output<typeof splitsSchema>;

/** Splits as zod reads them, without the keys that are undefined. */
export function toSplits(wire: SplitsWire): Splits {
  const present = dimensions.filter((dimension) => wire[dimension] !== undefined);
  return Object.fromEntries(
    present.map((dimension) => [dimension, wire[dimension]?.map(({ code, share }) => (share === undefined ? { code } : { code, share }))]),
  );
}

/** A day from a date column, or null. */
export function dayOrNull(date: Date | null): Day | null {
  return date && toDay(date);
}

/** "true" or "false" in a query. */
export const booleanQuery = z.enum(['true', 'false']).transform((text) => text === 'true');

type WithoutDefaults<S extends z.ZodRawShape> = { [K in keyof S]: z.ZodOptional<S[K] extends z.ZodDefault<infer Inner> ? Inner : S[K]> };

/** The same fields, each of which may be left out and is then absent: unlike with `partial`, no default takes its place. */
export function optionalFields<S extends z.ZodRawShape>(shape: S): WithoutDefaults<S> {
  const entries = Object.entries(shape).map(([name, field]) => [name, optionalField(field as z.ZodType)]);
  return Object.fromEntries(entries) as WithoutDefaults<S>;
}

function optionalField(field: z.ZodType): z.ZodType {
  const optional = z.optional(field instanceof z.ZodDefault ? field.unwrap() : field);
  return field.description === undefined ? optional : optional.describe(field.description);
}
