import type { ReportingCurrency } from '../../domain/fx.js';
import type { Prisma } from '../../platform/db.js';
import type { ReportEntries } from './entries.js';
import type { ViewContext } from './view.js';

/** The entries behind a report: lines of the journal, or movements of the funds' book. */
export interface LineSource {
  readonly book: 'journal' | 'funds';
  /** On `journal_line l` joined to `journal_entry e`, or on `fund_entry e`: those that count, whenever they were recorded. */
  readonly condition: Prisma.Sql;
  readonly currency: ReportingCurrency;
}

/** The lines behind a report. */
export function entriesOf(_context: ViewContext, _source: LineSource, _limit: number): Promise<ReportEntries | null> {
  return Promise.resolve(null);
}
