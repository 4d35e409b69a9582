import type { z } from 'zod';
import { requireCodes } from '../../domain/codes.js';
import type { Actor } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { Reference } from '../../domain/reference.js';
import type { RequestContext, UploadedFile } from '../../http/endpoint.js';
import { findPage, mapPage, type Page } from '../../http/paging.js';
import { importText } from '../../i18n/import-problems.js';
import type { Language } from '../../i18n/language.js';
import { problemText } from '../../i18n/problems.js';
import { requestJob } from '../../jobs/outbox.js';
import type { ImportRow } from '../../platform/db.js';
import { recordAudit } from '../audit/audit.store.js';
import { type importAnswer, type ImportInput, type ImportOptions, type importRowAnswer, type ImportRowsQuery, importSorts, type ImportSource, type ImportsQuery } from './imports.schema.js';
import { detailOf, failureOf, findImport, findImports, findRows, type ImportRunRow, insertImport, optionsOf } from './imports.store.js';

export { runImport } from './run-import.js';

type ImportWire = z.output<typeof importAnswer>;
type RowWire = z.output<typeof importRowAnswer>;

/** Whose flows are taken in when no countries are named: the states tracked, whenever they joined. */
const TRACKED_REGION = 'AES';

/**
 * Asks for an import; a worker does it.
 * @throws IMPORT_NO_FILE, CODE_UNKNOWN, OUT_OF_SCOPE, FORBIDDEN
 */
export async function requestImport(context: RequestContext, input: ImportInput, files: readonly UploadedFile[]): Promise<ImportWire> {
  const { db, deps, actor, language } = context;
  if (files.length === 0) throw new DomainError('IMPORT_NO_FILE', {}, 'files');
  const options = withinScope(actor, importOptions(deps.reference, input), input.countries === undefined);
  const run = await insertImport(db, { options, dryRun: input.dryRun, files, requestedBy: actor.userId });
  await recordAudit(context, 'import.request', { kind: 'import', id: run.id }, { before: null, after: { ...options, dryRun: input.dryRun, files: run.files } });
  await requestJob(db, 'run-import', { runId: run.id });
  return toWire(run, language);
}

/** Sources of which an officer takes in what concerns the own states. */
const ofStates: readonly ImportSource[] = ['fts', 'fts_requirements', 'plan_list'];
/** Sources whose funds are for several states. */
const ofAdministrators: readonly ImportSource[] = ['cerf', 'cbpf', 'cbpf_projects'];

/**
 * An officer takes in the flows of the own states, an administrator those of any; left out, an officer's are the own ones. The
 * pooled funds are for an administrator, rates for both.
 * @throws OUT_OF_SCOPE, FORBIDDEN
 */
function withinScope(actor: Actor, options: ImportOptions, unsaid: boolean): ImportOptions {
  if (actor.roles.includes('administrator') || !ofStates.includes(options.source)) {
    if (!actor.roles.includes('administrator') && ofAdministrators.includes(options.source)) throw new DomainError('FORBIDDEN', { roles: 'administrator' }, 'source');
    return options;
  }
  if (unsaid) return { ...options, countries: [...actor.states].sort() };
  const { countries } = options;
  const outside = countries === 'all' ? ['all'] : countries.filter((code) => !actor.states.includes(code));
  if (outside.length > 0) throw new DomainError('OUT_OF_SCOPE', { states: actor.states.join(', '), found: outside.join(', ') }, 'countries');
  return options;
}

/**
 * The options of an import, completed and checked.
 * @throws CODE_UNKNOWN for a country that does not exist
 */
export function importOptions(reference: Reference, { source, countries, years, complete, asOf }: Pick<ImportInput, 'source' | 'countries' | 'years' | 'complete'> & Partial<Pick<ImportInput, 'asOf'>>): ImportOptions {
  if (countries !== undefined && countries !== 'all') requireCodes(countries, reference.countries, 'countries', 'countries');
  return { source, countries: countries ?? trackedStates(reference), years: years ?? [], complete, asOf: asOf ?? null };
}

function trackedStates({ memberships }: Reference): readonly string[] {
  return [...new Set(memberships.filter(({ region }) => region === TRACKED_REGION).map(({ iso3 }) => iso3))].sort();
}

export async function listImports({ db, language }: RequestContext, query: ImportsQuery): Promise<Page<ImportWire>> {
  const filters = { ...(query.source !== undefined && { source: query.source }), ...(query.status !== undefined && { status: query.status }) };
  const page = await findPage<ImportRunRow>(query, importSorts, ({ where, orderBy, take }) => findImports(db, { where: { AND: [where, filters] }, orderBy, take }));
  return mapPage(page, (run) => toWire(run, language));
}

/** @throws NOT_FOUND */
export async function getImport({ db, language }: RequestContext, id: string): Promise<ImportWire> {
  return toWire(await requireImport(db, id), language);
}

/** @throws NOT_FOUND, CURSOR_INVALID */
export async function listImportRows({ db, language }: RequestContext, id: string, query: ImportRowsQuery): Promise<Page<RowWire>> {
  await requireImport(db, id);
  return mapPage(await findRows(db, id, query), (row) => toRowWire(row, language));
}

async function requireImport(db: RequestContext['db'], id: string): Promise<ImportRunRow> {
  const run = await findImport(db, id);
  if (!run) throw new DomainError('NOT_FOUND', { what: 'import' });
  return run;
}

/** An import as it is answered. */
export function toWire(run: ImportRunRow, language: Language): ImportWire {
  const { source, countries, years, complete, asOf } = optionsOf(run);
  const failure = failureOf(run);
  return {
    id: run.id,
    source,
    files: run.files.map(({ name, sha256 }) => ({ name, sha256 })),
    countries: countries === 'all' ? countries : [...countries],
    years: [...years],
    complete,
    asOf,
    dryRun: run.dryRun,
    status: run.status,
    progress: run.progress,
    summary: run.summary as ImportWire['summary'],
    error: failure && { code: failure.code, ...problemText(language, failure.code, failure.params) },
    requestedBy: run.requestedBy,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

/** A row as it is answered, with its sentences. */
export function toRowWire(row: ImportRow, language: Language): RowWire {
  const { field = null, found = null, params = {}, flow = null, warnings = [], changed = [] } = detailOf(row);
  const values = { field: field ?? '', found: found ?? '', ...params };
  return {
    number: row.number,
    action: row.action as RowWire['action'],
    actionText: importText(language, 'action', row.action),
    file: row.file,
    row: row.row,
    externalId: row.externalId,
    code: row.code,
    text: row.code === null ? null : importText(language, row.action === 'problem' ? 'problem' : 'note', row.code, values),
    field,
    found,
    flow: flow && { ...flow, countries: [...flow.countries], usageYears: [...flow.usageYears] },
    warnings: warnings.map((code) => ({ code, text: importText(language, 'warning', code) })),
    changed: [...changed],
  };
}
