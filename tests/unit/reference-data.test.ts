import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import currencyCodes from 'currency-codes';
import isoCountries from 'i18n-iso-countries';
import { isDay } from '../../src/domain/days.js';
import { buildFtsLookups } from '../../src/features/imports/fts-lookups.js';
import { readFtsFiles } from '../../src/features/imports/fts-file.js';
import { OTHER_COUNTRIES, UNMAPPED_SECTOR } from '../../src/features/imports/fts-flow.js';
import { ContributionType, Earmarking, OrganisationRole } from '../../src/generated/prisma/enums.js';

const REFERENCE = path.resolve(__dirname, '../../prisma/reference');
const REAL = path.resolve(__dirname, '../../../shared/fixtures');

interface Entry {
  readonly code: string;
  readonly nameFr: string;
  readonly nameEn: string;
}
interface Country extends Omit<Entry, 'code'> {
  readonly iso3: string;
  readonly iso2: string;
  readonly numeric: string | null;
  readonly aliases: readonly string[];
  readonly pseudo?: boolean;
}
interface Currency extends Entry {
  readonly numeric: string | null;
  readonly exponent: number;
  readonly historic?: boolean;
}
interface Sector extends Entry {
  readonly parentCode: string | null;
  readonly aliases: readonly string[];
}
interface Mechanism extends Entry {
  readonly definitionFr: string;
  readonly definitionEn: string;
}
interface Membership {
  readonly iso3: string;
  readonly status: string;
  readonly validFrom: string;
  readonly validTo: string | null;
  readonly source: string;
}

const read = (list: string): unknown => JSON.parse(readFileSync(path.join(REFERENCE, `${list}.json`), 'utf8'));
const countries = read('countries') as Country[];
const currencies = read('currencies') as Currency[];
const sectors = read('sectors') as Sector[];
const mechanisms = read('mechanisms') as Mechanism[];
const lists = read('lists') as Record<string, Entry[]>;
const regions = read('regions') as (Entry & { readonly memberships: readonly Membership[] })[];
const lookups = buildFtsLookups(countries, sectors, currencies);

const codesOf = (rows: readonly { readonly code: string }[]) => rows.map((row) => row.code);
const repeated = (values: readonly string[]) => values.filter((value, index) => values.indexOf(value) !== index);
const comparable = (name: string) => name.normalize('NFKC').replaceAll('’', "'").replace(/\s+/g, ' ').trim().toLowerCase();
const spellings = ({ nameFr, nameEn, aliases }: Country | Sector) => [...new Set([nameFr, nameEn].map(comparable)), ...aliases.map(comparable)];

describe('countries', () => {
  test('every ISO 3166 country with its codes, and what ISO does not know as pseudo', () => {
    // The package has a code of its own for Kosovo; ours is the one that the World Bank uses.
    const iso = Object.keys(isoCountries.getAlpha3Codes()).filter((iso3) => iso3 !== 'XKK');
    const real = countries.filter((country) => country.pseudo !== true);
    expect(real.map((country) => country.iso3).sort()).toEqual(iso.sort());
    for (const { iso3, iso2, numeric } of real) {
      expect({ iso3, iso2, numeric }).toEqual({ iso3, iso2: isoCountries.alpha3ToAlpha2(iso3), numeric: isoCountries.alpha3ToNumeric(iso3) });
    }
    const pseudo = countries.filter((country) => country.pseudo === true);
    expect(pseudo.map((country) => country.iso3)).toEqual(['XKX', OTHER_COUNTRIES]);
    expect(pseudo.map((country) => country.numeric)).toEqual([null, null]);
  });

  test('codes and spellings are unique', () => {
    expect(repeated(countries.map((country) => country.iso3))).toEqual([]);
    expect(repeated(countries.map((country) => country.iso2))).toEqual([]);
    expect(repeated(countries.flatMap(spellings))).toEqual([]);
  });
});

describe('currencies', () => {
  /** Units of account, metals, test codes and codes for no currency: no amount is ever entered in them. */
  const notMoney = ['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX']; // prettier-ignore
  /** Newer than the package's list: the Caribbean guilder replaced ANG in 2025. */
  const newer = ['XCG'];
  /** Still in the package's list, but withdrawn since. */
  const withdrawnSince = ['ANG', 'BGN', 'CUC'];

  test('every ISO 4217 currency, and the historic ones that exchange rates still name', () => {
    const iso = currencyCodes.codes().filter((code) => !notMoney.includes(code));
    const ours = codesOf(currencies);
    expect(repeated(ours)).toEqual([]);
    expect(iso.filter((code) => !ours.includes(code))).toEqual([]);
    const current = currencies.filter((currency) => currency.historic !== true);
    expect(codesOf(current).sort()).toEqual([...iso, ...newer].filter((code) => !withdrawnSince.includes(code)).sort());
  });

  test('number and exponent are those of ISO 4217', () => {
    for (const { code, numeric, exponent } of currencies) {
      const iso = currencyCodes.code(code);
      // ISO gives the special drawing right no minor unit; amounts in it are kept with two decimals.
      if (iso) expect({ code, numeric, exponent }).toEqual({ code, numeric: iso.number, exponent: code === 'XDR' ? 2 : iso.digits });
    }
    const exponents = new Map(currencies.map(({ code, exponent }) => [code, exponent]));
    expect(['XOF', 'XAF', 'JPY', 'USD', 'EUR', 'MRU', 'KWD'].map((code) => exponents.get(code))).toEqual([0, 0, 0, 2, 2, 2, 3]);
  });
});

describe('sectors', () => {
  test('codes and spellings are unique, and every parent exists', () => {
    expect(repeated(codesOf(sectors))).toEqual([]);
    expect(repeated(sectors.flatMap(spellings))).toEqual([]);
    const codes = new Set(codesOf(sectors));
    for (const { code, parentCode } of sectors) {
      if (parentCode !== null) expect({ code, known: codes.has(parentCode) }).toEqual({ code, known: true });
    }
    expect(codes).toContain(UNMAPPED_SECTOR);
  });

  const known = (name: string) => lookups.sectorByName(name) !== undefined;
  const file = (name: string) => ({ name, content: readFileSync(path.join(REAL, name)) });
  const json = (name: string) => JSON.parse(readFileSync(path.join(REAL, name), 'utf8')) as unknown;
  const testReal = existsSync(REAL) ? test : test.skip;

  testReal.each(['fts/fts_internal_funding_global.csv', 'fts/fts_outgoing_funding_global.csv', ...jordan()])('every cluster of %s is known', (name) => {
    const { flows } = readFtsFiles([file(name)], lookups, '2099-12-31');
    expect(flows.length).toBeGreaterThan(0);
    expect(flows.filter((flow) => flow.warnings.includes('UNKNOWN_SECTOR'))).toEqual([]);
  });

  testReal('the clusters of the pooled funds, of IATI in both languages and of the needs overviews are known', () => {
    const pooled = [...file('pooled-funds/MstClusters.csv').content.toString().matchAll(/^\d+,"?(.*?)"?,[^,]*$/gm)].map(([, name = '']) => name);
    const iati = ['en', 'fr'].flatMap((language) => (json(`iati/codelists/json/HumanitarianGlobalClusters.${language}.json`) as { data: { name: string }[] }).data.map(({ name }) => name)); // prettier-ignore
    expect(pooled).toHaveLength(17);
    expect(iati).toHaveLength(30);
    expect([...pooled, ...iati].filter((name) => !known(name))).toEqual([]);

    const needs = file('plans/hpc_hno_2026.csv').content.toString().split('\n').slice(1).map((line) => line.split(',')[2] ?? ''); // prettier-ignore
    const codes = new Set(codesOf(sectors));
    expect([...new Set(needs)].filter((code) => /^[A-Z]{2,3}(-[A-Z]{3})?$/.test(code) && !codes.has(code))).toEqual(['ALL']);
  });

  test('the ways FTS says that the cluster is shared or missing', () => {
    const names = ['Multi-sector', 'Multiple clusters/sectors (shared)', 'Other', 'COVID-19', 'Cluster not yet specified'];
    expect(names.map(lookups.sectorByName)).toEqual(['MS', 'SHARED', 'OTH', 'COV19', 'UNSPECIFIED']);
  });
});

function jordan(): readonly string[] {
  const folder = 'fts/jordan-2020-api';
  const full = path.join(REAL, folder);
  return existsSync(full) ? readdirSync(full).filter((name) => !name.includes('requirements')).map((name) => `${folder}/${name}`) : [];
}

test('the lists give a name to every value of the schema', () => {
  const enums = { contribution_type: ContributionType, earmarking: Earmarking, organisation_role: OrganisationRole };
  for (const [list, values] of Object.entries(enums)) expect(codesOf(lists[list] ?? [])).toEqual(Object.values(values));
  expect(codesOf(lists.organisation_type ?? [])).toEqual(['10', '11', '15', '21', '22', '23', '24', '30', '40', '60', '70', '71', '72', '73', '80', '90']);
  expect(Object.keys(lists).sort()).toEqual(['beneficiary_group', 'contribution_type', 'earmarking', 'organisation_role', 'organisation_type']);
});

test('codes are unique and every name is there in French and English, with typographic apostrophes', () => {
  for (const rows of [mechanisms, regions, ...Object.values(lists)]) expect(repeated(codesOf(rows))).toEqual([]);
  const texts = [...countries, ...currencies, ...sectors, ...mechanisms, ...regions, ...Object.values(lists).flat()].flatMap((row) => [row.nameFr, row.nameEn]);
  const definitions = mechanisms.flatMap((mechanism) => [mechanism.definitionFr, mechanism.definitionEn]);
  expect([...texts, ...definitions].filter((text) => text.trim() !== text || text === '' || text.includes("'"))).toEqual([]);
  expect(definitions.filter((text) => !text.endsWith('.'))).toEqual([]);
});

test('the members of the alliance and the invited states, with dates', () => {
  const [aes] = regions;
  const iso3s = new Set(countries.map((country) => country.iso3));
  expect(aes!.code).toBe('AES');
  expect(aes!.memberships.map(({ iso3, status, validFrom }) => `${iso3} ${status} ${validFrom}`)).toEqual([
    'BFA member 2023-09-16',
    'MLI member 2023-09-16',
    'NER member 2023-09-16',
    'MRT invited 2025-08-07',
    'TCD invited 2025-08-07',
    'TGO invited 2025-08-07',
    'SEN invited 2025-08-07',
  ]);
  for (const { iso3, validFrom, validTo, source } of regions.flatMap((region) => region.memberships)) {
    expect({ known: iso3s.has(iso3), from: isDay(validFrom), source: source !== '' }).toEqual({ known: true, from: true, source: true });
    if (validTo !== null) expect(validTo > validFrom).toBe(true);
  }
});
