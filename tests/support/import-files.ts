import type { Deps } from '../../src/deps.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import type { ImportInput } from '../../src/features/imports/imports.schema.js';
import { importOptions, runImport, toRowWire, toWire } from '../../src/features/imports/imports.service.js';
import { findImport, findRows, insertImport } from '../../src/features/imports/imports.store.js';

export interface File {
  readonly name: string;
  readonly content: Buffer;
}

export type Options = Partial<Omit<ImportInput, 'files' | 'source'>>;

/** Imports files as a worker does, and gives the import with its rows in English and in French. */
export async function importFiles(deps: Deps, source: ImportInput['source'], files: readonly File[], { dryRun = false, complete = false, countries, years, asOf }: Options = {}) {
  const options = importOptions(deps.reference, { source, complete, countries, years, asOf });
  const { id } = await insertImport(deps.db, { options, dryRun, files, requestedBy: SYSTEM_USER_ID });
  await runImport.run(deps, { runId: id });
  const { items } = await findRows(deps.db, id, { limit: 100_000 });
  const row = (await findImport(deps.db, id))!;
  return { ...toWire(row, 'en'), rows: items.map((item) => toRowWire(item, 'en')), french: items.map((item) => toRowWire(item, 'fr')) };
}
