import type { Cells } from './csv-table.js';
import { isFundList } from './fund-list.js';
import type { SourceFund } from './pooled-fund-funds.js';
import { comparable } from './pooled-fund-parties.js';
import { centsIn, readRows, type Report, type Rows, yearIn } from './rows.js';
import type { SourceFile } from './source-text.js';

const required = ['FiscalYear', 'GMSDonorName', 'GMSDonorISO2Code', 'PooledFundName', 'PaidAmt', 'PledgeAmt'] as const;

/** A row of a file of contributions; amounts in US cents. */
export interface ContributionRow {
  readonly year: number;
  readonly fund: SourceFund;
  readonly donor: string;
  readonly donorCode: string;
  readonly paid: bigint;
  readonly pledged: bigint;
  readonly rounded: boolean;
}

/** Reads ContributionTotal files; a list of funds among them is passed over here. A donor, fund and year stand once. */
export function readContributions(files: readonly SourceFile[], fundOf: (name: string) => SourceFund | null): Rows<ContributionRow> {
  const seen = new Set<string>();
  return readRows(files.filter((file) => !isFundList(file)), required, 'GMSDonorName', (cells, report) => {
    const row = readRow(cells, fundOf, report);
    const key = row && `${row.year} ${row.fund.externalId} ${comparable(row.donor)}`;
    if (key !== null && seen.has(key)) report('GMSDonorName', 'ROW_REPEATED', key);
    if (key !== null) seen.add(key);
    return row;
  });
}

const nothing = { cents: 0n, rounded: false };

function readRow(cells: Cells, fundOf: (name: string) => SourceFund | null, report: Report): ContributionRow | null {
  const year = yearIn('FiscalYear', cells, report);
  const donor = cells('GMSDonorName').replace(/\s+/g, ' ');
  if (donor === '') report('GMSDonorName', 'NAME_MISSING');
  const fund = fundOf(cells('PooledFundName'));
  if (!fund) report('PooledFundName', 'FUND_UNKNOWN');
  const paid = centsIn('PaidAmt', cells, report) ?? nothing;
  const pledged = centsIn('PledgeAmt', cells, report) ?? nothing;
  return fund && { year, fund, donor, donorCode: cells('GMSDonorISO2Code'), paid: paid.cents, pledged: pledged.cents, rounded: paid.rounded || pledged.rounded };
}
