import { toDay } from '../domain/days.js';
import type { Named, Reference } from '../domain/reference.js';
import type { Tx } from './db.js';

/** Reads the code lists; they are loaded once per process. */
export async function loadReference(db: Tx): Promise<Reference> {
  const [countries, sectors, mechanisms, lists, regions, memberships, currencies] = [
    await db.country.findMany(),
    await db.sector.findMany(),
    await db.mechanism.findMany(),
    await db.codeListEntry.findMany(),
    await db.region.findMany(),
    await db.regionMembership.findMany(),
    await db.currency.findMany(),
  ];
  const byCode = (rows: readonly (Named & { code: string })[]) => new Map(rows.map((row) => [row.code, row]));
  const list = (name: string) => byCode(lists.filter((entry) => entry.list === name));
  return {
    exponents: new Map(currencies.map((currency) => [currency.code, currency.exponent])),
    countries: new Map(countries.map((country) => [country.iso3, country])),
    sectors: byCode(sectors),
    beneficiaryGroups: list('beneficiary_group'),
    mechanisms: byCode(mechanisms),
    organisationTypes: list('organisation_type'),
    regions: byCode(regions),
    memberships: memberships.map((m) => ({ ...m, validFrom: toDay(m.validFrom), validTo: m.validTo && toDay(m.validTo) })),
  };
}
