import { importText } from '../../i18n/import-problems.js';
import type { PooledFund, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordRevision } from '../journal/revision.store.js';
import type { FtsLookups } from './fts-lookups.js';
import { findByName } from './pooled-fund-parties.js';

/** A fund as its source names it. */
export interface SourceFund {
  readonly externalId: string;
  readonly name: string;
  readonly countries: readonly string[];
}

/** The funds of the United Nations that are mirrored here. */
export type FundSystem = 'cerf' | 'cbpf';

const OCHA = ['OCHA', 'Office for the Coordination of Humanitarian Affairs', 'United Nations Office for the Coordination of Humanitarian Affairs'] as const;

/** CERF itself, whose file names the kind of donor where others name the fund. */
export const CERF: SourceFund = { externalId: 'CERF', name: '', countries: [] };

/** The code of a fund that is mirrored. */
export function fundCode(system: FundSystem, { externalId }: Pick<SourceFund, 'externalId'>): string {
  return system === 'cerf' ? externalId : `CBPF-${externalId}`;
}

/**
 * The mirrored funds by their number at the source; one that is not there yet is created.
 * @throws DUPLICATE when a fund kept here has the code already
 */
export async function resolveFunds(tx: Tx, system: FundSystem, funds: readonly SourceFund[], recordedBy: string): Promise<ReadonlyMap<string, PooledFund>> {
  const known = new Map((await tx.pooledFund.findMany({ where: { sourceSystem: system } })).map((fund) => [fund.externalId ?? '', fund]));
  for (const fund of funds) {
    if (!known.has(fund.externalId)) known.set(fund.externalId, await create(tx, system, fund, recordedBy));
  }
  return known;
}

async function create(tx: Tx, system: FundSystem, fund: SourceFund, recordedBy: string): Promise<PooledFund> {
  const code = fundCode(system, fund);
  const names = { nameFr: importText('fr', 'fund', system, { name: fund.name }), nameEn: importText('en', 'fund', system, { name: fund.name }) };
  const administratorId = await findByName(tx, OCHA);
  const data = { id: newId(), code, ...names, administratorId, currency: 'USD', countries: [...fund.countries], sourceSystem: system, externalId: fund.externalId };
  const created = await refuseDuplicate({ code }, () => tx.pooledFund.create({ data }));
  await recordRevision(tx, 'pooled_fund', created.id, { code, ...names }, recordedBy);
  return created;
}

/**
 * The state of a country-based fund. The list of funds gives Mozambique the code of Liechtenstein, so a name that is a country's comes
 * before the code; a regional or cross-border fund has none.
 */
export function countryOfFund(name: string, iso2: string, lookups: FtsLookups, iso3Of: (iso2: string) => string | undefined): readonly string[] {
  const named = lookups.countryByName(name.replace(/\(.*\)/, '').trim());
  if (named !== undefined) return [named];
  if (/envelope|regional|cross[- ]border/i.test(name)) return [];
  const coded = iso3Of(iso2.toUpperCase());
  return coded === undefined ? [] : [coded];
}
