import { z } from 'zod';
import { reportingCurrencies } from '../../domain/fx.js';
import { reportDimensions } from '../../domain/report.js';
import { commitmentVsDisbursementDocument } from './commitment-vs-disbursement.document.js';
import { familyOf, type Labels, labelsAt } from './labels.store.js';
import { buildResult, type ReportResult, tableOf } from './report-result.js';
import { reportFilters } from './reports.schema.js';
import { countedLines, groupedSums, leftOutCounts, type ReportQuestion } from './reports.store.js';
import type { View } from './view.js';

const question = z.strictObject({
  groupBy: z
    .array(z.enum(reportDimensions))
    .min(1)
    .max(4)
    .refine((names) => new Set(names).size === names.length, { error: 'unique' })
    .describe('One to four dimensions, each once.'),
  currency: z.enum(reportingCurrencies).default('USD').describe('Converted at the rate of each flow’s value date.'),
  filters: reportFilters.default({ restricted: 'included' }),
});

/** What was promised, firmly committed and paid, by up to four dimensions. */
export const commitmentVsDisbursement = {
  kind: 'commitment_vs_disbursement',
  question,
  async compute({ tx, reference, asOf, scope }, asked): Promise<ReportResult> {
    const labels = await labelsAt(tx, asOf);
    const complete = { ...asked, asOf, scope };
    const counted = withDuplicates(complete, labels);
    const cells = await groupedSums(tx, counted);
    return buildResult(complete, cells, await leftOutCounts(tx, counted), labels, reference);
  },
  table: tableOf,
  document: commitmentVsDisbursementDocument,
  async lines({ tx, asOf, scope }, asked) {
    const counted = withDuplicates({ ...asked, asOf, scope }, await labelsAt(tx, asOf));
    return { book: 'journal', condition: countedLines(counted), currency: asked.currency };
  },
} as const satisfies View<z.output<typeof question>, ReportResult>;

/** The donors asked for, with every duplicate that had been merged into them. */
export function withDuplicates(asked: ReportQuestion, { mergedInto }: Labels): ReportQuestion {
  const { donorIds } = asked.filters;
  if (!donorIds) return asked;
  return { ...asked, filters: { ...asked.filters, donorIds: donorIds.flatMap((id) => familyOf(id, mergedInto)) } };
}
