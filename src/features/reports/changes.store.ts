import type { ChangeSummary } from './entries.js';
import type { LineSource } from './lines.store.js';
import type { ViewContext } from './view.js';

/** What changed since a moment. */
export function changesSince(_context: ViewContext, _source: LineSource, _since: string): Promise<ChangeSummary | null> {
  return Promise.resolve(null);
}
