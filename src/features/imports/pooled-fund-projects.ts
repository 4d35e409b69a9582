import type { Deps } from '../../deps.js';
import { type Day, fromDay, latestLocalDay } from '../../domain/days.js';
import type { FundEntryDraft } from '../../domain/fund-book.js';
import type { Exponents } from '../../domain/money.js';
import { convertToReporting, linesBySplits } from '../../domain/posting.js';
import { DomainError } from '../../domain/problem.js';
import { checkSplits } from '../../domain/splits.js';
import { importText } from '../../i18n/import-problems.js';
import type { AllocationRound, PooledFund, Tx } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { nextReferences } from '../flows/flows.store.js';
import { postFundEntries } from '../fund-book/fund-book.store.js';
import { type Project, type ProjectFile, type ProjectRow, readProjects } from './cbpf-projects.js';
import { buildFtsLookups } from './fts-lookups.js';
import { type ImportRowDraft, problemRow, type RowFlow } from './import-rows.js';
import type { ImportOptions } from './imports.schema.js';
import { countryOfFund, resolveFunds, type SourceFund } from './pooled-fund-funds.js';
import { type Rates, type SourceItem, takeIn } from './pooled-fund-import.js';
import { comparable, resolveParties, type SourceParty } from './pooled-fund-parties.js';
import { noRecords, type VersionIds } from './pooled-fund-versions.store.js';
import type { PreparedImport, Recorder } from './prepared-import.js';
import { dollars } from './published-amount.js';
import type { Placed } from './rows.js';
import type { SourceFile } from './source-text.js';

const SYSTEM = 'cbpf';

interface Awarded extends SourceItem<Project> {
  readonly fund: SourceFund;
  readonly budget: bigint;
}

/** Statuses of a project to which nothing was awarded; those that the funds publish (implementation, reporting, closure) have one. */
const NOT_AWARDED = /cancel|declin|reject|withdr/i;

/**
 * Prepares an import of the projects of the country-based funds: each is one allocation of its fund, of the round it names. It is valued
 * at the day of its approval, else of its start; one that is still to come is left out until then.
 */
export async function prepareProjects({ db, clock, reference }: Deps, options: ImportOptions, files: readonly SourceFile[]): Promise<PreparedImport> {
  const today = latestLocalDay(clock.now());
  const countries = await db.country.findMany();
  const lookups = buildFtsLookups(countries, [], []);
  const iso3Of = new Map(countries.map(({ iso2, iso3 }) => [iso2, iso3]));
  const reading = readProjects(files);
  const funds = new Map(reading.funds.map(({ externalId, name, iso2 }) => [externalId, { externalId, name, countries: countryOfFund(name, iso2, lookups, (code) => iso3Of.get(code)) }]));
  const items = reading.rows.map((row) => itemOf(row, funds));
  const isWanted = (fund: SourceFund) => options.countries === 'all' || fund.countries.some((code) => options.countries.includes(code));
  const outside = items.filter(({ fund }) => !isWanted(fund)).map((item) => leftOut(item, 'OUTSIDE_COUNTRIES'));
  const toCome = items.filter(({ fund, valueDate }) => isWanted(fund) && valueDate > today).map((item) => leftOut(item, 'DATE_TO_COME'));
  const problems = reading.problems.map(problemRow);
  return {
    problems,
    refusal: options.complete ? incompleteness(reading) : null,
    apply: (tx, recorder, progress) =>
      takeIn<Project>(
        tx,
        {
          system: SYSTEM,
          kind: 'project',
          items: items.filter(({ fund, valueDate }) => isWanted(fund) && valueDate <= today),
          within: options.complete ? ({ fund, year }) => options.years.includes(year) && isWanted(funds.get(fund) ?? { externalId: fund, name: '', countries: [] }) : null,
          describe: (content) => describe(content, null, funds),
          post: (some, awarded, rates) => postProjects(some, { items: awarded as readonly Awarded[], rates, exponents: reference.exponents, recorder }),
          counted: { read: reading.rowsRead, duplicates: 0 },
          problems,
          leftOut: [...outside, ...toCome],
        },
        recorder,
        progress,
      ),
  };

  function leftOut(item: Awarded, code: 'OUTSIDE_COUNTRIES' | 'DATE_TO_COME'): ImportRowDraft {
    const { file, row, externalId, content, valueDate } = item;
    return { action: 'left_out', file, row, externalId, code, detail: { flow: describe(content, valueDate, funds) } };
  }
}

/** A file that lacks a project would close one that still stands at the source. */
function incompleteness({ problems, rows, rowsRead }: ProjectFile): DomainError | null {
  if (problems.length === 0 && rows.length > 0) return null;
  return new DomainError('SNAPSHOT_INCOMPLETE', { expected: Math.max(1, rowsRead), found: rows.length });
}

function itemOf(project: Placed<ProjectRow>, funds: ReadonlyMap<string, SourceFund>): Awarded {
  const { file, row, code, budget, rounded, approvedOn, startsOn, ...rest } = project;
  const fund = funds.get(project.fund) ?? { externalId: project.fund, name: '', countries: [] };
  const content: Project = {
    kind: 'project',
    fund: rest.fund,
    round: rest.round,
    modality: rest.modality,
    year: rest.year,
    title: rest.title,
    partner: rest.partner,
    partnerType: rest.partnerType,
    budgetUsd: dollars(budget),
    approvedOn,
    startsOn,
    status: rest.status,
  };
  return {
    externalId: code,
    content,
    note: NOT_AWARDED.test(rest.status) ? 'NOT_AWARDED' : budget === 0n ? 'NO_AMOUNT' : null,
    valueDate: dayOf(content),
    file,
    row,
    warnings: [...(rounded ? (['CENTS_ROUNDED'] as const) : []), ...(approvedOn === null ? (['NO_APPROVAL_DATE'] as const) : []), ...(fund.countries.length === 0 ? (['FUND_WITHOUT_STATE'] as const) : [])],
    fund,
    budget,
  };
}

function dayOf({ approvedOn, startsOn, year }: Project): Day {
  return approvedOn ?? startsOn ?? `${year}-01-01`;
}

function describe(content: Project, valueDate: Day | null, funds: ReadonlyMap<string, SourceFund>): RowFlow {
  const { fund, partner, budgetUsd, year, status } = content;
  return { status, amountUsd: budgetUsd, valueDate: valueDate ?? dayOf(content), source: funds.get(fund)?.name ?? fund, destination: partner, countries: funds.get(fund)?.countries ?? [], usageYears: [year] };
}

interface Work {
  readonly items: readonly Awarded[];
  readonly rates: Rates;
  readonly exponents: Exponents;
  readonly recorder: Recorder;
}

async function postProjects(tx: Tx, { items, rates, exponents, recorder }: Work): Promise<ReadonlyMap<string, VersionIds>> {
  if (items.length === 0) return new Map();
  const { recordedBy, importId } = recorder;
  const funds = await resolveFunds(tx, SYSTEM, items.map(({ fund }) => fund), recordedBy);
  const partners = await resolveParties(tx, SYSTEM, items.map(({ content }) => partnerOf(content)), recordedBy);
  const rounds = await resolveRounds(tx, items.map(({ content }) => content), funds);
  const references = await nextReferences(tx, 'FON', items.map(({ valueDate }) => valueDate));
  const operations = items.flatMap((item, index) => {
    const { content, budget, valueDate, externalId } = item;
    const fund = funds.get(content.fund);
    if (!fund) return [];
    const splits = checkSplits({ country: fund.countries.map((code) => ({ code })), usageYear: [{ code: String(content.year) }] });
    const converted = convertToReporting(budget, 'USD', rates(valueDate), exponents);
    const row = {
      id: newId(),
      reference: references[index] ?? '',
      kind: 'allocation' as const,
      fundId: fund.id,
      amountMinor: budget,
      currency: 'USD',
      valueDate: fromDay(valueDate),
      description: content.title || externalId,
      roundId: rounds.get(roundKey(content))?.id ?? null,
      partnerId: partners(partnerOf(content).value),
      splits: splits as object,
      countries: (splits.country ?? []).map(({ code }) => code),
      status: 'approved' as const,
      preparedBy: recordedBy,
      sourceSystem: SYSTEM,
      externalId,
    };
    const entry: FundEntryDraft = {
      kind: 'allocation',
      fundId: fund.id,
      windowId: null,
      operationId: row.id,
      commitmentId: null,
      disbursementId: null,
      allocationId: row.id,
      donorId: null,
      partnerId: row.partnerId,
      counterFundId: null,
      restricted: false,
      valueDate,
      currency: 'USD',
      own: null,
      converted,
      lines: linesBySplits(splits, budget, converted),
      importId,
      reason: null,
    };
    return [{ row, entry }];
  });
  await tx.fundOperation.createMany({ data: operations.map(({ row }) => row) });
  await postFundEntries(tx, operations.map(({ entry }) => entry), recordedBy);
  return new Map(operations.map(({ row }) => [row.externalId, { ...noRecords, operationId: row.id }]));
}

/** IATI types of the kinds of partners. */
const partnerTypes: Readonly<Record<string, string>> = { 1: '22', 2: '21', 3: '40', 4: '90' };
const unnamed = new Set(['national ngo', 'international ngo', 'un agency', 'others']);

/** The partner by its name; where the file gives only its kind, an organisation that stands for those of that kind. */
function partnerOf({ partner, partnerType }: Project): SourceParty {
  const common = { aliases: [], type: partnerTypes[partnerType] ?? '90', role: 'implementer' as const, countryIso3: null };
  if (!unnamed.has(comparable(partner))) return { ...common, value: comparable(partner), name: partner, nameFr: null, nameEn: null };
  const [nameFr, nameEn] = (['fr', 'en'] as const).map((language) => importText(language, 'organisation', `partner${partnerType}`));
  return { ...common, value: `type ${partnerType}`, name: nameEn ?? '', nameFr: nameFr ?? null, nameEn: nameEn ?? null };
}

function roundKey({ fund, round }: Pick<Project, 'fund' | 'round'>): string {
  return `${fund} ${round}`;
}

/** The rounds by the name that the source gives them; one that is not there yet is created, closed: nobody proposes anything here. */
async function resolveRounds(tx: Tx, projects: readonly Project[], funds: ReadonlyMap<string, PooledFund>): Promise<ReadonlyMap<string, AllocationRound>> {
  const rounds = new Map<string, AllocationRound>();
  const fundIds = [...new Set(projects.map(({ fund }) => fund))].flatMap((fund) => funds.get(fund)?.id ?? []);
  const known = await tx.allocationRound.findMany({ where: { fundId: { in: fundIds } } });
  const codes = new Set(known.map(({ fundId, code }) => `${fundId} ${code}`));
  for (const project of projects) {
    const fund = funds.get(project.fund);
    if (!fund || rounds.has(roundKey(project))) continue;
    const { round: name, modality, year } = project;
    const found = known.find((one) => one.fundId === fund.id && one.sourceSystem === SYSTEM && one.externalId === name);
    const code = found?.code ?? freeCode(name, (some) => codes.has(`${fund.id} ${some}`));
    codes.add(`${fund.id} ${code}`);
    const data = { id: newId(), fundId: fund.id, code, modality, nameFr: name, nameEn: name, opensOn: fromDay(`${year}-01-01`), status: 'closed' as const, sourceSystem: SYSTEM, externalId: name };
    rounds.set(roundKey(project), found ?? (await tx.allocationRound.create({ data })));
  }
  return rounds;
}

/** A short code made of the name of a round, with a number where several rounds of the fund would have the same. */
function freeCode(name: string, isTaken: (code: string) => boolean): string {
  const plain = comparable(name).replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').toUpperCase() || 'ROUND';
  const first = plain.slice(0, 34).replace(/-$/, '');
  for (let number = 1; ; number += 1) {
    const code = number === 1 ? first : `${first}-${number}`;
    if (!isTaken(code)) return code;
  }
}
