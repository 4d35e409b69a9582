import { toDay } from '../../domain/days.js';
import { dayOrNull } from '../../http/wire.js';
import type { Tx } from '../../platform/db.js';

export function findCountries(db: Tx) {
  return db.country.findMany({ orderBy: { iso3: 'asc' } });
}

export async function findRegions(db: Tx) {
  const regions = await db.region.findMany({
    include: { memberships: { orderBy: [{ iso3: 'asc' }, { validFrom: 'asc' }] } },
    orderBy: { code: 'asc' },
  });
  return regions.map(({ memberships, ...region }) => ({
    ...region,
    memberships: memberships.map(({ iso3, status, validFrom, validTo, source }) => ({
      country: iso3,
      status,
      validFrom: toDay(validFrom),
      validTo: dayOrNull(validTo),
      source,
    })),
  }));
}

export function findCurrencies(db: Tx) {
  return db.currency.findMany({ orderBy: { code: 'asc' } });
}

export function findSectors(db: Tx) {
  return db.sector.findMany({ orderBy: { code: 'asc' } });
}

export function findMechanisms(db: Tx) {
  return db.mechanism.findMany({ orderBy: { code: 'asc' } });
}

type ListName = 'beneficiary_group' | 'organisation_type' | 'contribution_type' | 'earmarking' | 'organisation_role';

/** The entries of one of the small code lists. */
export function findCodeList(list: ListName) {
  return (db: Tx) => db.codeListEntry.findMany({ where: { list }, orderBy: { code: 'asc' } });
}
