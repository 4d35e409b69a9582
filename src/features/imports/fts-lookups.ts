/** What the FTS reader needs of the code lists; names are compared without regard to case and spacing. */
export interface FtsLookups {
  /** ISO 3166 alpha-3 by name or alias. */
  readonly countryByName: (name: string) => string | undefined;
  /** The code itself when it is known. */
  readonly countryByIso3: (iso3: string) => string | undefined;
  /** Sector code by the name of an FTS global cluster. */
  readonly sectorByName: (name: string) => string | undefined;
  /** Every known spelling of a sector; some contain commas. */
  readonly sectorNames: readonly string[];
  /** ISO 4217 exponent. */
  readonly currencyExponent: (code: string) => number | undefined;
}

interface CountryEntry {
  readonly iso3: string;
  readonly nameFr: string;
  readonly nameEn: string;
  readonly aliases?: readonly string[];
}

interface SectorEntry {
  readonly code: string;
  readonly nameEn: string;
  readonly nameFr?: string;
  readonly aliases?: readonly string[];
}

interface CurrencyEntry {
  readonly code: string;
  readonly exponent: number;
}

/** Builds the lookups from the reference lists. */
export function buildFtsLookups(
  countries: readonly CountryEntry[],
  sectors: readonly SectorEntry[],
  currencies: readonly CurrencyEntry[],
): FtsLookups {
  const spellings = sectors.flatMap(({ code, nameEn, nameFr, aliases }) =>
    [nameEn, ...(aliases ?? []), ...(nameFr === undefined ? [] : [nameFr])].map((name) => [name, code] as const),
  );
  const iso3s = new Set(countries.map((country) => country.iso3));
  const countryNames = byName([
    ...countries.flatMap(({ iso3, nameEn, nameFr }) => [[nameEn, iso3] as const, [nameFr, iso3] as const]),
    ...countries.flatMap(({ iso3, aliases }) => (aliases ?? []).map((alias) => [alias, iso3] as const)),
  ]);
  const sectorNames = byName(spellings);
  const exponents = new Map(currencies.map((currency) => [currency.code, currency.exponent]));
  return {
    countryByName: (name) => countryNames.get(comparable(name)),
    countryByIso3: (iso3) => (iso3s.has(iso3.toUpperCase()) ? iso3.toUpperCase() : undefined),
    sectorByName: (name) => sectorNames.get(comparable(name)),
    sectorNames: spellings.map(([name]) => name),
    currencyExponent: (code) => exponents.get(code),
  };
}

/** The first entry of a name wins, so a name is never hidden by the alias of another. */
function byName(entries: readonly (readonly [name: string, code: string])[]): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  for (const [name, code] of entries) {
    if (!codes.has(comparable(name))) codes.set(comparable(name), code);
  }
  return codes;
}

function comparable(name: string): string {
  return name.normalize('NFKC').replaceAll('’', "'").replace(/\s+/g, ' ').trim().toLowerCase();
}
