import type { Provenance } from './entries.js';
import type { LineSource } from './lines.store.js';
import type { ViewContext } from './view.js';

/** From where the lines come. */
export function provenanceOf(_context: ViewContext, _source: LineSource): Promise<Provenance | null> {
  return Promise.resolve(null);
}
