import type { Deps } from '../../deps.js';
import { type Day, fromDay, latestLocalDay } from '../../domain/days.js';
import type { FundEntryDraft } from '../../domain/fund-book.js';
import type { Exponents } from '../../domain/money.js';
import { convertToReporting, type EntryDraft, type LineTerms, linesBySplits } from '../../domain/posting.js';
import { checkSplits, type Splits } from '../../domain/splits.js';
import { importText } from '../../i18n/import-problems.js';
import type { PooledFund, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { nextReferences } from '../flows/flows.store.js';
import { depositEntries } from '../fund-book/deposit.js';
import { postFundEntries } from '../fund-book/fund-book.store.js';
import { postEntries } from '../journal/journal.store.js';
import { type ContributionRow, readContributions } from './contributions-file.js';
import { buildFtsLookups } from './fts-lookups.js';
import { readFundList } from './fund-list.js';
import { problemRow, type RowFlow } from './import-rows.js';
import type { ImportOptions } from './imports.schema.js';
import { CERF, countryOfFund, type FundSystem, resolveFunds, type SourceFund } from './pooled-fund-funds.js';
import { type Rates, type SourceItem, takeIn } from './pooled-fund-import.js';
import { comparable, type PartyBook, resolveParties, type SourceParty } from './pooled-fund-parties.js';
import { noRecords, type VersionIds } from './pooled-fund-versions.store.js';
import type { PreparedImport, Recorder } from './prepared-import.js';
import { dollars } from './published-amount.js';
import type { Placed } from './rows.js';
import type { SourceFile } from './source-text.js';

/** What a donor gave to a fund in a year, as the version kept of it; amounts as decimal US dollars, exact to the cent. */
export interface Contribution {
  readonly kind: 'contribution';
  readonly fund: string;
  readonly year: number;
  readonly donor: string;
  /** ISO2 code, or the kind of donor where it is no state. */
  readonly donorCode: string;
  readonly paidUsd: string;
  /** What is announced and not paid yet. */
  readonly pledgedUsd: string;
}

interface Contributed extends SourceItem<Contribution> {
  readonly fund: SourceFund;
  readonly paid: bigint;
  readonly pledged: bigint;
}

/**
 * Prepares an import of the contributions to CERF or to the country-based funds, one row for each donor and year. What is paid becomes a
 * commitment, its payment and the deposit in the fund's book. What the file calls pledged is what is announced and not paid yet (a
 * contribution paid in full stands there with no pledge); no agreement is named, so it becomes a pledge, which never counts as funding.
 * The file gives no day: a contribution is valued at the last day of its year, or at the day of the import while that is to come.
 */
export async function prepareContributions({ db, clock, reference }: Deps, system: FundSystem, options: ImportOptions, files: readonly SourceFile[]): Promise<PreparedImport> {
  const today = latestLocalDay(clock.now());
  const countries = await db.country.findMany();
  const lookups = buildFtsLookups(countries, [], []);
  const iso3Of = new Map(countries.map(({ iso2, iso3 }) => [iso2, iso3]));
  const known = await db.pooledFund.findMany({ where: { sourceSystem: system } });
  const reading = readContributions(files, system === 'cerf' ? () => CERF : fundFinder(known, files, (name, iso2) => countryOfFund(name, iso2, lookups, (code) => iso3Of.get(code))));
  const all = reading.rows.map((row) => itemOf(row, system, today));
  const wanted = all.filter(({ fund }) => system === 'cerf' || options.countries === 'all' || fund.countries.some((code) => options.countries.includes(code)));
  const problems = reading.problems.map(problemRow);
  return {
    problems,
    refusal: null,
    apply: (tx, recorder, progress) => {
      const post = (some: Tx, items: readonly SourceItem<Contribution>[], rates: Rates) =>
        postContributions(some, { system, items: items as readonly Contributed[], rates, iso3Of, exponents: reference.exponents, recorder });
      const leftOut = all.filter((item) => !wanted.includes(item)).map(({ file, row, externalId, content }) => ({ action: 'left_out' as const, file, row, externalId, code: 'OUTSIDE_COUNTRIES' as const, detail: { flow: describe(content) } }));
      const source = { system, kind: 'contribution' as const, items: wanted, within: null, describe, post, counted: { read: reading.rowsRead, duplicates: 0 }, problems, leftOut };
      return takeIn<Contribution>(tx, source, recorder, progress);
    },
  };
}

/** Funds by the name the file gives them: those of a list of funds among the files, else those mirrored before. */
function fundFinder(known: readonly PooledFund[], files: readonly SourceFile[], countriesOf: (name: string, iso2: string) => readonly string[]): (name: string) => SourceFund | null {
  const listed = readFundList(files).map(({ externalId, name, iso2 }) => ({ externalId, name, countries: countriesOf(name, iso2) }));
  const mirrored = known.map(({ externalId, nameEn, countries }) => ({ externalId: externalId ?? '', name: nameEn, countries }));
  return (name) =>
    listed.find((fund) => comparable(fund.name) === comparable(name)) ??
    mirrored.find((fund) => comparable(fund.name) === comparable(importText('en', 'fund', 'cbpf', { name }))) ??
    null;
}

function itemOf({ file, row, year, fund, donor, donorCode, paid, pledged, rounded }: Placed<ContributionRow>, system: FundSystem, today: Day): Contributed {
  const lastDay = `${year}-12-31`;
  const content: Contribution = { kind: 'contribution', fund: fund.externalId, year, donor, donorCode, paidUsd: dollars(paid), pledgedUsd: dollars(pledged) };
  const externalId = [year, ...(system === 'cerf' ? [] : [fund.externalId]), comparable(donor)].join('/');
  return {
    externalId,
    content,
    note: paid === 0n && pledged === 0n ? 'NO_AMOUNT' : null,
    valueDate: lastDay <= today ? lastDay : today,
    file,
    row,
    warnings: [...(rounded ? (['CENTS_ROUNDED'] as const) : []), ...(lastDay > today ? (['YEAR_NOT_OVER'] as const) : [])],
    fund,
    paid,
    pledged,
  };
}

function describe({ fund, year, donor, paidUsd, pledgedUsd }: Contribution): RowFlow {
  const paid = /[1-9]/.test(paidUsd);
  return { status: paid ? 'paid' : 'pledge', amountUsd: paid ? paidUsd : pledgedUsd, valueDate: `${year}-12-31`, source: donor, destination: fund, countries: [], usageYears: [year] };
}

interface Work {
  readonly system: FundSystem;
  readonly items: readonly Contributed[];
  readonly rates: Rates;
  readonly iso3Of: ReadonlyMap<string, string>;
  readonly exponents: Exponents;
  readonly recorder: Recorder;
}

/** A contribution as records of the ledger. */
interface ContributionRecord {
  readonly item: Contributed;
  readonly fund: PooledFund;
  readonly donorId: string;
  readonly splits: Splits;
  readonly ids: VersionIds;
  readonly entries: readonly EntryDraft[];
}

async function postContributions(tx: Tx, work: Work): Promise<ReadonlyMap<string, VersionIds>> {
  const { system, items, iso3Of, recorder, exponents } = work;
  if (items.length === 0) return new Map();
  const funds = await resolveFunds(tx, system, items.map(({ fund }) => fund), recorder.recordedBy);
  const donors = await resolveParties(tx, system, items.map(({ content }) => donorOf(content, iso3Of)), recorder.recordedBy);
  const records = items.flatMap((item) => recordOf(item, funds, donors, work) ?? []);
  await insertRecords(tx, system, records, recorder.recordedBy);
  await postEntries(tx, records.flatMap(({ entries }) => entries), recorder.recordedBy);
  const deposits: FundEntryDraft[] = [];
  for (const { fund, entries } of records) {
    for (const entry of entries.filter(({ stage }) => stage === 'disbursement')) deposits.push(...(await depositEntries(tx, entry, fund, { windowId: null, creditedMinor: null }, exponents)));
  }
  await postFundEntries(tx, deposits, recorder.recordedBy);
  return new Map(records.map(({ item, ids }) => [item.externalId, ids]));
}

/** A state gives under the name of its country; FTS calls its government "Norway, Government of". */
function donorOf({ donor, donorCode }: Contribution, iso3Of: ReadonlyMap<string, string>): SourceParty {
  const countryIso3 = iso3Of.get(donorCode) ?? null;
  const common = { value: comparable(donor), name: donor, nameFr: null, nameEn: null, role: 'donor' as const, countryIso3 };
  if (/^[A-Z]{2}$/.test(donorCode)) return { ...common, aliases: [`${donor}, Government of`, `Government of ${donor}`], type: '10' };
  return { ...common, aliases: [], type: donorTypes.get(donorCode) ?? '90' };
}

/** IATI types of the kinds of donors that CERF names: private donors, regional and local authorities. */
const donorTypes: ReadonlyMap<string, string> = new Map([
  ['ZPRV', '70'],
  ['RLA', '11'],
]);

function recordOf(item: Contributed, funds: ReadonlyMap<string, PooledFund>, donors: PartyBook, { rates, exponents, recorder }: Work): ContributionRecord | null {
  const fund = funds.get(item.fund.externalId);
  if (!fund) return null;
  const { paid, pledged, content, valueDate } = item;
  const donorId = donors(comparable(content.donor));
  const terms: LineTerms = { donorId, recipientId: null, mechanism: 'pooled_fund', contributionType: 'financial', fundId: fund.id, eventId: null, restricted: false, boundary: 'crossing' };
  const splits = checkSplits({ country: fund.countries.map((code) => ({ code })), usageYear: [{ code: String(content.year) }] });
  const ids: VersionIds = {
    ...noRecords,
    pledgeId: pledged === 0n ? null : newId(),
    commitmentId: paid === 0n ? null : newId(),
    disbursementId: paid === 0n ? null : newId(),
  };
  const entry = (stage: 'pledge' | 'commitment' | 'disbursement', amountMinor: bigint): EntryDraft => {
    const converted = convertToReporting(amountMinor, 'USD', rates(valueDate), exponents);
    const of = { pledgeId: stage === 'pledge' ? ids.pledgeId : null, commitmentId: stage === 'pledge' ? null : ids.commitmentId, disbursementId: stage === 'disbursement' ? ids.disbursementId : null };
    return { id: newId(), kind: stage, stage, ...of, amendmentId: null, valueDate, currency: 'USD', amountMinor, converted, terms, lines: linesBySplits(splits, amountMinor, converted), importId: recorder.importId, reason: null };
  };
  const entries = [...(pledged === 0n ? [] : [entry('pledge', pledged)]), ...(paid === 0n ? [] : [entry('commitment', paid), entry('disbursement', paid)])];
  return { item, fund, donorId, splits, ids, entries };
}

/** Says what the file is, and how the day came about. */
function descriptionOf({ content: { year }, valueDate }: Contributed, fund: PooledFund): string {
  const code = valueDate === `${year}-12-31` ? 'ofYear' : 'ofYearToCome';
  return `${importText('fr', 'description', code, { fund: fund.code, year: String(year) })} / ${importText('en', 'description', code, { fund: fund.code, year: String(year) })}`;
}

async function insertRecords(tx: Tx, system: FundSystem, records: readonly ContributionRecord[], recordedBy: string): Promise<void> {
  const common = ({ item, fund, donorId, splits }: ContributionRecord) => ({
    donorId,
    mechanism: 'pooled_fund',
    contributionType: 'financial' as const,
    destinationKind: 'fund' as const,
    fundId: fund.id,
    splits: splits as object,
    countries: (splits.country ?? []).map(({ code }) => code),
    currency: 'USD',
    valueDate: fromDay(item.valueDate),
    description: descriptionOf(item, fund),
    sourceSystem: system,
    externalId: item.externalId,
    recordedBy,
  });
  const pledges = records.flatMap((record) => (record.ids.pledgeId === null ? [] : [{ ...common(record), id: record.ids.pledgeId, amountMinor: record.item.pledged }]));
  const paid = records.flatMap((record) => (record.ids.commitmentId === null || record.ids.disbursementId === null ? [] : [{ record, commitmentId: record.ids.commitmentId, disbursementId: record.ids.disbursementId }]));
  const numbers = async (prefix: 'ANN' | 'ENG' | 'DEC', days: readonly Day[]) => {
    const references = await nextReferences(tx, prefix, days);
    return (index: number) => references[index] ?? '';
  };
  const pledgeNumber = await numbers('ANN', records.filter(({ ids }) => ids.pledgeId !== null).map(({ item }) => item.valueDate));
  const days = paid.map(({ record }) => record.item.valueDate);
  const commitmentNumber = await numbers('ENG', days);
  const paymentNumber = await numbers('DEC', days);
  await tx.pledge.createMany({ data: pledges.map((row, index) => ({ ...row, reference: pledgeNumber(index) })) });
  await tx.commitment.createMany({
    data: paid.map(({ record, commitmentId }, index) => {
      const minor = record.item.paid;
      return { ...common(record), id: commitmentId, reference: commitmentNumber(index), amountMinor: minor, currentMinor: minor, disbursedMinor: minor };
    }),
  });
  await tx.disbursement.createMany({
    data: paid.map(({ record, commitmentId, disbursementId }, index) => {
      const { currency, valueDate, description, sourceSystem, externalId } = common(record);
      return { id: disbursementId, reference: paymentNumber(index), commitmentId, amountMinor: record.item.paid, currency, valueDate, description, status: 'approved' as const, preparedBy: recordedBy, sourceSystem, externalId };
    }),
  });
}
