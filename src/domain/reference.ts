import type { Day } from './days.js';
import type { Exponents } from './money.js';

/** A code with its names. */
export interface Named {
  readonly nameFr: string;
  readonly nameEn: string;
}

/** A name in both languages; the code itself where none is known. */
export function bothNames(named: Named | undefined, code: string): { readonly fr: string; readonly en: string } {
  return { fr: named?.nameFr ?? code, en: named?.nameEn ?? code };
}

export interface Membership {
  readonly region: string;
  readonly iso3: string;
  readonly status: string;
  readonly validFrom: Day;
  readonly validTo: Day | null;
}

/** The code lists, which change only with a release. */
export interface Reference {
  readonly exponents: Exponents;
  readonly countries: ReadonlyMap<string, Named>;
  readonly sectors: ReadonlyMap<string, Named>;
  readonly beneficiaryGroups: ReadonlyMap<string, Named>;
  readonly mechanisms: ReadonlyMap<string, Named>;
  readonly organisationTypes: ReadonlyMap<string, Named>;
  readonly regions: ReadonlyMap<string, Named>;
  readonly memberships: readonly Membership[];
}

/** The states of a region on a day, in alphabetical order of their codes. */
export function statesOf(region: string, day: Day, memberships: readonly Membership[]): readonly string[] {
  return memberships
    .filter((m) => m.region === region && m.validFrom <= day && (m.validTo === null || day <= m.validTo))
    .map((m) => m.iso3)
    .sort();
}
