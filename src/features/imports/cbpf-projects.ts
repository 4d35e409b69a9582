import type { Day } from '../../domain/days.js';
import type { Cells } from './csv-table.js';
import { isFundList, isOtherList, type ListedFund, readFundList } from './fund-list.js';
import { dayIn, positiveCentsIn, readRows, type Report, type Rows, yearIn } from './rows.js';
import type { SourceFile } from './source-text.js';

const required = ['PFId', 'AllNm', 'PrjCode', 'AllYr', 'AllSrc', 'OrgNm', 'OrgTypeId', 'PrjTitle', 'AStrDt', 'PrgBdg', 'PrjStsNm', 'ApprDt'] as const;

/** A project as the version kept of it; `budgetUsd` as decimal US dollars, exact to the cent. */
export interface Project {
  readonly kind: 'project';
  readonly fund: string;
  readonly round: string;
  readonly modality: 'standard' | 'reserve';
  readonly year: number;
  readonly title: string;
  readonly partner: string;
  /** 1 national NGO, 2 international NGO, 3 UN agency, 4 other. */
  readonly partnerType: string;
  readonly budgetUsd: string;
  readonly approvedOn: Day | null;
  readonly startsOn: Day | null;
  readonly status: string;
}

/** A row of the file, checked. */
export interface ProjectRow extends Omit<Project, 'kind' | 'budgetUsd'> {
  readonly code: string;
  /** US cents. */
  readonly budget: bigint;
  readonly rounded: boolean;
}

/** What the files of an import of projects hold. */
export interface ProjectFile extends Rows<ProjectRow> {
  readonly funds: readonly ListedFund[];
}

/**
 * Reads ProjectSummary files; the master lists beside them are told by their headers. A project's code stands once: where it is repeated,
 * none of its rows is taken, as nothing says which one counts.
 */
export function readProjects(files: readonly SourceFile[]): ProjectFile {
  const funds = readFundList(files);
  const tables = files.filter((file) => !isFundList(file) && !isOtherList(file));
  const { rows, problems, rowsRead } = readRows(tables, required, 'PrjCode', (cells, report) => readRow(cells, funds, report));
  const times = new Map<string, number>();
  for (const { code } of rows) times.set(code, (times.get(code) ?? 0) + 1);
  const repeated = rows.filter(({ code }) => times.get(code) !== 1);
  return {
    rows: rows.filter(({ code }) => times.get(code) === 1),
    funds,
    problems: [...problems, ...repeated.map(({ file, row, code }) => ({ file, row, flowId: code, field: 'PrjCode', code: 'ROW_REPEATED' as const, found: code }))],
    rowsRead,
  };
}

const modalities: ReadonlyMap<string, Project['modality']> = new Map([
  ['1', 'reserve'],
  ['2', 'standard'],
]);

function readRow(cells: Cells, funds: readonly ListedFund[], report: Report): ProjectRow | null {
  const fund = cells('PFId');
  if (!/^\d{1,9}$/.test(fund)) report('PFId', 'FUND_UNKNOWN');
  else if (!funds.some(({ externalId }) => externalId === fund)) report('PFId', 'FUND_NOT_LISTED');
  const modality = modalities.get(cells('AllSrc'));
  if (!modality) report('AllSrc', 'MODALITY_UNKNOWN');
  if (!/^[1-4]$/.test(cells('OrgTypeId'))) report('OrgTypeId', 'PARTNER_TYPE_UNKNOWN');
  for (const field of ['AllNm', 'PrjCode', 'OrgNm']) if (cells(field) === '') report(field, 'NAME_MISSING');
  const days = { approvedOn: dayIn('ApprDt', cells, report), startsOn: dayIn('AStrDt', cells, report) };
  if (cells('ApprDt') === '' && cells('AStrDt') === '') report('ApprDt', 'DATE_MISSING');
  if (cells('PrgBdg') === '') report('PrgBdg', 'AMOUNT_FORMAT');
  const budget = positiveCentsIn('PrgBdg', cells, report);
  if (!modality || !budget) return null;
  return {
    ...days,
    fund,
    modality,
    round: plainText(cells('AllNm')),
    code: cells('PrjCode'),
    year: yearIn('AllYr', cells, report),
    title: plainText(cells('PrjTitle')),
    partner: plainText(cells('OrgNm')),
    partnerType: cells('OrgTypeId'),
    status: cells('PrjStsNm'),
    budget: budget.cents,
    rounded: budget.rounded,
  };
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&#39;': "'", '&nbsp;': ' ', '&amp;': '&' };

/** A text whose HTML entities are characters again; each is read once, so "&amp;lt;" is "&lt;". */
export function plainText(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|#39|nbsp|amp);/g, (entity) => entities[entity] ?? entity).trim();
}
