import { type FtsFlow, type FtsSide, OTHER_COUNTRIES, SEVERAL, valueDateCandidates } from './fts-flow.js';
import { shortestDecimal } from './source-text.js';

/**
 * Canonical JSON of what decides how a flow is posted and both formats carry, so that the CSV and the API reply of one flow
 * agree. Left out on purpose: the countries of a shared flow, inner usage years and the names behind "Multiple", which a
 * CSV abbreviates (see {@link isRicher}); the published rate, since the published USD amount is kept; and the years and
 * countries of the source, which the journal does not hold. The date is the best one published, not the value date, which depends on the day of import.
 */
export function postingContent(flow: FtsFlow): string {
  const { source, destination, original } = flow;
  return JSON.stringify({
    id: flow.id,
    status: flow.status,
    flowType: flow.flowType,
    boundary: flow.boundary,
    shared: flow.shared,
    amountUsd: shortestDecimal(flow.amountUsd),
    original: original && { amount: shortestDecimal(original.amount), currency: original.currency },
    date: valueDateCandidates(flow)[0],
    contributionType: flow.contributionType,
    source: organisationName(source.organisations),
    destination: {
      organisation: organisationName(destination.organisations),
      countries: flow.shared ? null : destination.countries,
      usageYears: ends(destination.usageYears),
      plans: destination.plans.map((plan) => plan.ftsId ?? plan.code ?? plan.name).sort(),
      sectors: destination.sectors,
    },
  });
}

/**
 * Whether `a` tells something of the same posting that `b` does not: other or further countries, the very years of a range,
 * or the names behind "Multiple". Asked of two flows with equal {@link postingContent}, the second the one already known; a
 * CSV that only abbreviates what an API reply brought is not richer.
 */
export function isRicher(a: FtsFlow, b: FtsFlow): boolean {
  return hasOtherCountries(a, b) || hasOtherYears(a, b) || hasOtherOrganisations(a, b);
}

function hasOtherCountries(a: FtsFlow, b: FtsFlow): boolean {
  const [ours, theirs] = [a.destination.countries, b.destination.countries];
  if (ours.length === 0) return false;
  const adds = ours.some((code) => code !== OTHER_COUNTRIES && !theirs.includes(code));
  if (ours.includes(OTHER_COUNTRIES)) return adds;
  return adds || ours.length !== theirs.length;
}

function hasOtherYears(a: FtsFlow, b: FtsFlow): boolean {
  if (a.warnings.includes('USAGE_YEAR_RANGE')) return false;
  return a.destination.usageYears.join() !== b.destination.usageYears.join();
}

function hasOtherOrganisations(a: FtsFlow, b: FtsFlow): boolean {
  return namesOthers(a.source, b.source) || namesOthers(a.destination, b.destination);
}

function namesOthers(a: FtsSide, b: FtsSide): boolean {
  const ours = a.organisations.map((organisation) => organisation.name);
  const theirs = b.organisations.map((organisation) => organisation.name);
  if (ours.includes(SEVERAL)) return false;
  return ours.length !== theirs.length || ours.some((name) => !theirs.includes(name));
}

function organisationName(organisations: FtsSide['organisations']): string {
  return organisations.length > 1 ? SEVERAL : (organisations[0]?.name ?? '');
}

/** The first and the last year: all that a CSV tells. */
function ends(usageYears: readonly number[]): readonly number[] {
  const [first] = usageYears;
  const last = usageYears.at(-1);
  return first === undefined || last === undefined ? [] : [first, last];
}
