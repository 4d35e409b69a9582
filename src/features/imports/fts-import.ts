import type { Deps } from '../../deps.js';
import { latestLocalDay } from '../../domain/days.js';
import { findLegs, type RateBook } from '../../domain/fx.js';
import type { Exponents } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import type { ImportNoteCode } from '../../i18n/import-problems.js';
import type { Db, Tx } from '../../platform/db.js';
import { nextReferences } from '../flows/flows.store.js';
import { loadRateBook } from '../fx/fx.store.js';
import { postEntries, reverseEntries } from '../journal/journal.store.js';
import { changesBetween, type Decision, decide, type KnownFlow } from './fts-decision.js';
import { buildFtsLookups, type FtsFlow, type FtsLookups, type FtsReading, readFtsFiles, type SourceFile } from './fts-file.js';
import { findStanding, findUnconverted, type FlowVersion, insertRecords, insertVersions, loadKnown, markReversed } from './fts-flows.store.js';
import { donorOf, type Party, recipientOf, resolveOrganisations } from './fts-organisations.js';
import { resolvePlans } from './fts-plans.js';
import { type FlowRecord, hasAmount, type PostingContext, recordOf } from './fts-posting.js';
import { totalsOf } from './fts-totals.js';
import { countWarnings, type ImportRowDraft, problemRow, type RowFlow } from './import-rows.js';
import type { ImportOptions } from './imports.schema.js';
import type { PreparedImport, Progress, Recorder } from './prepared-import.js';

const BATCH = 500;

/** Reads the files of an FTS import. */
export async function prepareFts({ db, clock, reference }: Deps, options: ImportOptions, files: readonly SourceFile[]): Promise<PreparedImport> {
  const reading = readFtsFiles(files, await loadLookups(db), latestLocalDay(clock.now()));
  const problems = reading.problems.map(problemRow);
  return {
    problems,
    refusal: options.complete ? incompleteness(reading) : null,
    apply: async (tx, recorder, progress) => {
      const { decisions, vanished, records } = await post(tx, { reading, options, exponents: reference.exponents, recorder, progress });
      const rows = [...problems, ...decisions.flatMap((decision) => rowOf(decision, records)), ...vanished.map(closedRow)];
      const counts = {
        read: reading.rowsRead,
        created: countKind(decisions, 'create'),
        updated: countKind(decisions, 'update') + countKind(decisions, 'twin'),
        unchanged: countKind(decisions, 'unchanged') + countKind(decisions, 'renew'),
        older: countKind(decisions, 'older'),
        closed: vanished.length,
        leftOut: countKind(decisions, 'left_out'),
        problems: problems.length,
        duplicates: reading.duplicates,
        warnings: countWarnings(rows),
      };
      return { rows, summary: { counts, totals: totalsOf(reading.flows, options, reading.header, reference.exponents) } };
    },
  };
}

async function loadLookups(db: Db): Promise<FtsLookups> {
  return buildFtsLookups(await db.country.findMany(), await db.sector.findMany(), await db.currency.findMany());
}

/** A snapshot that lacks a flow would close one that still stands at the source. */
function incompleteness({ flows, problems, header, rowsRead, duplicates }: FtsReading): DomainError | null {
  const expected = header?.expectedCount ?? Math.max(1, rowsRead - duplicates);
  if (problems.length === 0 && expected === flows.length) return null;
  return new DomainError('SNAPSHOT_INCOMPLETE', { expected, found: flows.length });
}

/** What an import works on. */
interface Work {
  readonly reading: FtsReading;
  readonly options: ImportOptions;
  readonly exponents: Exponents;
  readonly recorder: Recorder;
  readonly progress: Progress;
}

interface Decided {
  readonly decisions: readonly Decision[];
  readonly vanished: readonly KnownFlow[];
}

interface Posted extends Decided {
  readonly records: ReadonlyMap<string, FlowRecord>;
}

async function post(tx: Tx, work: Work): Promise<Posted> {
  const { recorder, progress } = work;
  const decided = await decideAll(tx, work);
  await progress(25);
  const records = await buildRecords(tx, decided, work);
  await reverse(tx, decided.decisions.flatMap((decision) => (decision.kind === 'update' ? [decision.known] : [])), 'SOURCE_UPDATED', recorder);
  await reverse(tx, decided.vanished, 'SOURCE_CLOSED', recorder);
  await progress(35);
  const recordBatches = batches([...records.values()]);
  for (const [index, batch] of recordBatches.entries()) {
    await insertBatch(tx, batch, recorder);
    await progress(35 + Math.floor((50 * (index + 1)) / recordBatches.length));
  }
  const versions = [...decided.decisions.flatMap((decision) => versionOf(decision, records)), ...decided.vanished.map(closedVersion)];
  for (const batch of batches(versions)) await insertVersions(tx, batch, recorder);
  await progress(90);
  return { ...decided, records };
}

async function decideAll(tx: Tx, { reading: { flows }, options }: Work): Promise<Decided> {
  const known = await loadKnown(tx, flows.map((flow) => flow.id));
  const decisions = await withRatesFound(tx, flows.map((flow) => decide(flow, known.get(flow.id) ?? null, options)));
  return { decisions, vanished: options.complete ? await findVanished(tx, flows, options) : [] };
}

/** What is the same as before is posted anew when it was held without a rate that is known by now. */
async function withRatesFound(tx: Tx, decisions: readonly Decision[]): Promise<readonly Decision[]> {
  const same = decisions.flatMap(({ kind, known }) => (known?.outcome === 'posted' && (kind === 'unchanged' || kind === 'renew') ? [recordIdOf(known)] : []));
  const valueDates = await findUnconverted(tx, same);
  const rates = await loadRates(tx, [...valueDates.values()]);
  return decisions.map((decision) => {
    const { kind, flow, known } = decision;
    if (!known || (kind !== 'unchanged' && kind !== 'renew')) return decision;
    const book = rates.get(valueDates.get(recordIdOf(known)) ?? '');
    if (!book || !findLegs('USD', 'XOF', book)) return decision;
    return { kind: 'update', flow: kind === 'renew' ? flow : known.content, known, rateFound: true };
  });
}

function recordIdOf({ commitmentId, pledgeId }: KnownFlow): string {
  return commitmentId ?? pledgeId ?? '';
}

/** Rates are read before names are written: reports wait for a transaction from its first write on. */
async function buildRecords(tx: Tx, { decisions }: Decided, { recorder, exponents }: Work): Promise<Posted['records']> {
  const flows = decisions.filter(isToPost).map(({ flow }) => flow).filter((flow) => hasAmount(flow, exponents));
  const rates = await loadRates(tx, flows.map((flow) => flow.valueDate));
  const names = await resolveNames(tx, flows, recorder);
  const ratesOf = (valueDate: string): RateBook => rates.get(valueDate) ?? new Map();
  const context: PostingContext = { ...names, ratesOf, exponents, importId: recorder.importId };
  return new Map(flows.map((flow) => [flow.id, recordOf(flow, context)]));
}

function isToPost({ kind }: Decision): boolean {
  return kind === 'create' || kind === 'update';
}

/** Flows that stand within the scope and are not in the files. */
async function findVanished(tx: Tx, flows: readonly FtsFlow[], options: ImportOptions): Promise<readonly KnownFlow[]> {
  const present = new Set(flows.map((flow) => flow.id));
  const gone = (await findStanding(tx, options)).filter((id) => !present.has(id));
  return [...(await loadKnown(tx, gone)).values()];
}

/** The rates of each value date: a published USD amount is converted, and CFA francs are exact in euros. */
async function loadRates(tx: Tx, valueDates: readonly string[]): Promise<ReadonlyMap<string, RateBook>> {
  const books = new Map<string, RateBook>();
  for (const valueDate of new Set(valueDates)) books.set(valueDate, await loadRateBook(tx, ['USD', 'XAF'], valueDate));
  return books;
}

async function resolveNames(tx: Tx, flows: readonly FtsFlow[], { recordedBy }: Recorder): Promise<Pick<PostingContext, 'organisationId' | 'planCode'>> {
  const parties = flows.flatMap(({ source, destination }): readonly Party[] => {
    const recipient = recipientOf(destination);
    const donor: Party = { organisation: donorOf(source), role: 'donor' };
    return recipient ? [donor, { organisation: recipient, role: 'implementer' }] : [donor];
  });
  return {
    organisationId: await resolveOrganisations(tx, parties, recordedBy),
    planCode: await resolvePlans(tx, flows, recordedBy),
  };
}

async function reverse(tx: Tx, flows: readonly KnownFlow[], reason: string, recorder: Recorder): Promise<void> {
  const posted = flows.filter((flow) => flow.outcome === 'posted');
  for (const stage of ['pledge', 'commitment'] as const) {
    const ids = posted.flatMap((flow) => flow[`${stage}Id`] ?? []);
    for (const batch of batches(ids)) {
      await reverseEntries(tx, stage, batch, { ...recorder, reason });
      await markReversed(tx, stage, batch);
    }
  }
}

async function insertBatch(tx: Tx, records: readonly FlowRecord[], recorder: Recorder): Promise<void> {
  const pledges = records.filter((record) => record.pledgeId !== null);
  const commitments = records.filter((record) => record.commitmentId !== null);
  const datesOf = (some: readonly FlowRecord[]) => some.map((record) => record.valueDate);
  const pledgeReferences = await nextReferences(tx, 'ANN', datesOf(pledges));
  const commitmentReferences = await nextReferences(tx, 'ENG', datesOf(commitments));
  const paid = commitments.filter((record) => record.disbursementId !== null);
  const paymentReferences = await nextReferences(tx, 'DEC', datesOf(paid));
  await insertRecords(tx, 'pledge', pledges.map((record, index) => ({ record, reference: pledgeReferences[index] ?? '', disbursementReference: null })), recorder);
  const numbered = commitments.map((record, index) => ({
    record,
    reference: commitmentReferences[index] ?? '',
    disbursementReference: paymentReferences[paid.indexOf(record)] ?? null,
  }));
  await insertRecords(tx, 'commitment', numbered, recorder);
  await postEntries(tx, records.flatMap((record) => record.entries), recorder.recordedBy);
}

function versionOf(decision: Decision, records: Posted['records']): readonly FlowVersion[] {
  const { kind, flow, known } = decision;
  const seq = (known?.seq ?? 0) + 1;
  if (kind === 'twin') return [{ ...idsOf(known), flow, seq, outcome: 'twin' }];
  if (kind === 'renew' && known.outcome !== 'released') return [{ ...idsOf(known), flow, seq, outcome: known.outcome }];
  if (!isToPost(decision)) return [];
  const record = records.get(flow.id) ?? null;
  return [{ ...idsOf(record), flow, seq, outcome: record ? 'posted' : 'no_amount' }];
}

function closedVersion(known: KnownFlow): FlowVersion {
  return { ...idsOf(known), flow: known.content, seq: known.seq + 1, outcome: 'closed' };
}

type Ids = Pick<FlowVersion, 'pledgeId' | 'commitmentId' | 'disbursementId'>;

function idsOf(of: Ids | null): Ids {
  return { pledgeId: of?.pledgeId ?? null, commitmentId: of?.commitmentId ?? null, disbursementId: of?.disbursementId ?? null };
}

function rowOf(decision: Decision, records: Posted['records']): readonly ImportRowDraft[] {
  const { kind, flow, known } = decision;
  const row = (action: ImportRowDraft['action'], code: ImportNoteCode | null): ImportRowDraft => {
    const warnings = records.get(flow.id)?.warnings ?? (kind === 'left_out' ? [] : flow.warnings);
    const changed = (kind === 'update' && !decision.rateFound) || kind === 'twin' ? { changed: changesBetween(decision.known.content, flow) } : {};
    return { action, file: null, row: null, externalId: flow.id, code, detail: { flow: rowFlow(flow), warnings, ...changed } };
  };
  if (kind === 'left_out') return [row('left_out', 'OUTSIDE_COUNTRIES')];
  if (kind === 'twin') return [row('updated', 'TWIN_CHANGED')];
  if (kind !== 'create' && kind !== 'update') return [];
  const note = records.has(flow.id) ? null : 'NO_AMOUNT';
  if (kind === 'update' && decision.rateFound) return [row('updated', 'RATE_FOUND')];
  return [kind === 'update' ? row('updated', note) : row('created', note ?? whyAnew(known))];
}

function whyAnew(known: KnownFlow | null): ImportNoteCode | null {
  if (!known) return null;
  return known.outcome === 'released' ? 'TWIN_RELEASED' : 'CAME_BACK';
}

function closedRow({ externalId, content }: KnownFlow): ImportRowDraft {
  return { action: 'closed', file: null, row: null, externalId, code: 'VANISHED', detail: { flow: rowFlow(content) } };
}

function rowFlow({ status, amountUsd, valueDate, source, destination }: FtsFlow): RowFlow {
  const names = (side: FtsFlow['source']) => side.organisations.map((organisation) => organisation.name).join(' / ');
  const { countries, usageYears } = destination;
  return { status, amountUsd, valueDate, source: names(source), destination: names(destination), countries, usageYears };
}

function countKind(decisions: readonly Decision[], kind: Decision['kind']): number {
  return decisions.filter((decision) => decision.kind === kind).length;
}

function batches<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) => items.slice(index * BATCH, (index + 1) * BATCH));
}
