import { type FtsFlow, type FtsOrg, SEVERAL } from './fts-flow.js';

const POOLED_FUND = /pooled fund/i;
const GOVERNMENT = /^government/i;
const MULTILATERAL = /un agenc|multilateral|inter-?governmental|financial institution/i;
const RED_CROSS = /red cross/i;
const PRIVATE = /private|foundation/i;

/**
 * The IATI OrganisationType of an organisation by its FTS types. FTS does not always tell a national NGO from an international
 * one; an NGO counts as international until someone knows better, so that the localised share is never overstated.
 */
export function organisationType({ name, types }: FtsOrg): string {
  const is = (pattern: RegExp) => types.some((type) => pattern.test(type));
  if (is(POOLED_FUND) || is(MULTILATERAL)) return '40';
  if (is(GOVERNMENT)) return '10';
  if (is(/(national|local).*ngo|ngo.*(national|local)/i) && !is(/international/i)) return '22';
  if (is(/ngo/i) || is(RED_CROSS)) return '21';
  if (is(/academi|universit|research/i)) return '80';
  if (is(PRIVATE)) return /foundation|fondation/i.test(name) ? '60' : '70';
  return '90';
}

/**
 * The mechanism by who gives: a pooled fund; a government, whose money is a bilateral grant abroad and its budget at home; an
 * intergovernmental body; a company, foundation or individuals. What NGOs pass on, and several donors together, is not specified.
 */
export function mechanismOf({ source, destination }: FtsFlow): string {
  const [donor, ...others] = source.organisations;
  if (!donor || others.length > 0 || donor.name === SEVERAL) return 'not_specified';
  const is = (pattern: RegExp) => donor.types.some((type) => pattern.test(type));
  if (is(POOLED_FUND)) return 'pooled_fund';
  if (is(GOVERNMENT)) return source.countries.some((code) => destination.countries.includes(code)) ? 'state_budget' : 'bilateral_grant';
  if (is(MULTILATERAL)) return 'multilateral_grant';
  return is(PRIVATE) ? 'private_sector' : 'not_specified';
}

const earmarkings = new Map([
  ['unearmarked', 'unearmarked'],
  ['softly earmarked', 'softly_earmarked'],
  ['earmarked', 'earmarked'],
  ['tightly earmarked', 'tightly_earmarked'],
] as const);

type Earmarking = 'unearmarked' | 'softly_earmarked' | 'earmarked' | 'tightly_earmarked';

/** The Grand Bargain category, when FTS gives exactly one. */
export function earmarkingOf({ earmarking }: FtsFlow): Earmarking | null {
  const known: ReadonlyMap<string, Earmarking> = earmarkings;
  return known.get(earmarking?.toLowerCase() ?? '') ?? null;
}

/** Where the flow goes, by what it names. */
export function destinationKind({ destination }: FtsFlow): 'state' | 'states' | 'plan' | 'unspecified' {
  if (destination.countries.length === 1) return 'state';
  if (destination.countries.length > 1) return 'states';
  return destination.plans.length > 0 ? 'plan' : 'unspecified';
}
