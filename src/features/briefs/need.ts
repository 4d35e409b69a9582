import { type CoverageCell, gapOf } from '../../domain/coverage.js';
import { ratioOf } from '../../domain/report.js';
import type { Need } from './briefs.schema.js';

/** A cell of the coverage as a brief shows it. */
export function needOf(cell: Pick<CoverageCell, 'requirements' | 'direct' | 'throughFunds'> | undefined, write: (minor: bigint) => string): Need {
  const requirements = cell?.requirements ?? null;
  const funded = cell ? cell.direct + cell.throughFunds : 0n;
  const gap = gapOf(funded, requirements);
  return { requirements: requirements === null ? null : write(requirements), funded: write(funded), gap: gap === null ? null : write(gap), coverage: requirements === null ? null : ratioOf(funded, requirements) };
}
