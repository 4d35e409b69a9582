import { z } from 'zod';
import { grantElementMinor, grantElementPercent } from '../../domain/grant-element.js';
import type { InstrumentRules } from '../../domain/instrument.js';
import { type Exponents, divideHalfUp, formatMinor } from '../../domain/money.js';
import { checkPositive, checkSameCurrency } from '../../domain/rules.js';
import { InvalidInput } from '../../http/problem.js';
import { minorOf, type MoneyWire, moneyOf } from '../../http/wire.js';
import { type InstrumentMechanism, type InstrumentTerms, termsMoney, termsSchemas, type TermsOf } from './terms.schema.js';

/** The mechanism with its terms, so that each is read by its own shape. */
export type MechanismTerms = { readonly [M in InstrumentMechanism]: { readonly mechanism: M; readonly terms: TermsOf<M> } }[InstrumentMechanism];

/** Kept terms, which were checked when they were written. */
export function keptTerms(row: { readonly mechanism: string; readonly terms: unknown }): MechanismTerms {
  return { mechanism: row.mechanism, terms: row.terms } as MechanismTerms;
}

/**
 * The terms that a mechanism asks for; amounts are positive and in the instrument's currency.
 * @throws VALIDATION with every field at fault, AMOUNT_*, CURRENCY_UNKNOWN, CURRENCY_MISMATCH
 */
export function readTerms(mechanism: InstrumentMechanism, given: unknown, currency: string, exponents: Exponents): InstrumentTerms {
  const result = termsSchemas[mechanism].safeParse(given, { reportInput: true });
  if (!result.success) throw invalidTerms(result.error.issues);
  const money = result.data as unknown as Readonly<Record<string, MoneyWire | undefined>>;
  for (const name of termsMoney[mechanism]) {
    const amount = money[name];
    if (amount === undefined) continue;
    checkPositive(minorOf(amount, exponents, `terms.${name}`), `terms.${name}.amount`);
    checkSameCurrency(amount.currency, currency, `terms.${name}.currency`);
  }
  const figures = derivedFigures(keptTerms({ mechanism, terms: result.data }), exponents);
  if (figures?.kind === 'swap' && (figures.discountMinor < 0n || figures.discountMinor > figures.faceMinor)) {
    throw invalidTerms([{ code: 'custom', path: ['purchasePrice'], message: 'priceAboveFace', input: money.purchasePrice }]);
  }
  return result.data;
}

function invalidTerms(issues: readonly z.core.$ZodIssue[]): InvalidInput {
  return new InvalidInput('body', new z.ZodError(issues.map((issue) => ({ ...issue, path: ['terms', ...issue.path] }))));
}

/** What the terms and dates of an instrument allow. */
export function rulesOf(
  instrument: MechanismTerms & Pick<InstrumentRules, 'currency' | 'startsOn' | 'endsOn'>,
  exponents: Exponents,
): InstrumentRules {
  const { mechanism, currency, startsOn, endsOn } = instrument;
  const common = { mechanism, currency, startsOn, endsOn };
  switch (instrument.mechanism) {
    case 'insurance_payout':
      // A policy on an index pays by the index alone.
      return { ...common, threshold: instrument.terms.threshold, automatic: true, mostMinor: minorOf(instrument.terms.maximumPayout, exponents) };
    case 'anticipatory_action': {
      const { trigger, release, prearranged } = instrument.terms;
      return { ...common, threshold: trigger, automatic: release === 'automatic', mostMinor: minorOf(prearranged, exponents) };
    }
    default:
      return { ...common, threshold: null, automatic: false, mostMinor: null };
  }
}

/** The parts of a loan or a debt swap in minor units; shares are decimal texts in per cent. */
export type DerivedFigures =
  | { readonly kind: 'loan'; readonly faceMinor: bigint; readonly grantElementMinor: bigint; readonly grantElementPercent: string }
  | { readonly kind: 'swap'; readonly faceMinor: bigint; readonly discountMinor: bigint; readonly releasedMinor: bigint };

/** The grant element of a loan, the discount and the released funds of a debt swap; null for other mechanisms. */
export function derivedFigures(instrument: MechanismTerms, exponents: Exponents): DerivedFigures | null {
  switch (instrument.mechanism) {
    case 'concessional_loan': {
      const faceMinor = minorOf(instrument.terms.faceValue, exponents);
      return { kind: 'loan', faceMinor, grantElementMinor: grantElementMinor(faceMinor, instrument.terms), grantElementPercent: grantElementPercent(instrument.terms) };
    }
    case 'debt_swap': {
      const { faceValue, purchasePrice, discount, releasedFunds } = instrument.terms;
      const faceMinor = minorOf(faceValue, exponents);
      const discountMinor = purchasePrice ? faceMinor - minorOf(purchasePrice, exponents) : partOf(faceMinor, discount ?? '0');
      return { kind: 'swap', faceMinor, discountMinor, releasedMinor: minorOf(releasedFunds, exponents) };
    }
    default:
      return null;
  }
}

/** A share given in per cent of an amount, rounded half-up once. */
function partOf(minor: bigint, percent: string): bigint {
  const [whole = '0', decimals = ''] = percent.split('.');
  return divideHalfUp(minor * BigInt(whole + decimals), 10n ** BigInt(decimals.length + 2));
}

function percentOf(part: bigint, whole: bigint): string {
  return formatMinor(divideHalfUp(part * 10_000n, whole), 2);
}

/** The same as they are answered. */
export function figuresAnswer(instrument: MechanismTerms, currency: string, exponents: Exponents) {
  const figures = derivedFigures(instrument, exponents);
  if (!figures) return null;
  const money = (minor: bigint) => moneyOf(minor, currency, exponents);
  if (figures.kind === 'loan') {
    return { faceValue: money(figures.faceMinor), grantElement: money(figures.grantElementMinor), grantElementPercent: figures.grantElementPercent };
  }
  const { faceMinor, discountMinor, releasedMinor } = figures;
  return {
    faceValue: money(faceMinor),
    discount: money(discountMinor),
    discountPercent: percentOf(discountMinor, faceMinor),
    releasedFunds: money(releasedMinor),
    releasedPercent: percentOf(releasedMinor, faceMinor),
  };
}
