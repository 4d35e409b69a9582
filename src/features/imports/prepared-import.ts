import type { DomainError } from '../../domain/problem.js';
import type { Tx } from '../../platform/db.js';
import type { ImportOutcome, ImportRowDraft } from './import-rows.js';

/** Tells how far an import has come, in per cent. */
export type Progress = (percent: number) => Promise<void>;

/** Who records, and for which import. */
export interface Recorder {
  readonly recordedBy: string;
  readonly importId: string;
}

/** An import whose files were read, before anything is written. */
export interface PreparedImport {
  readonly problems: readonly ImportRowDraft[];
  /** Why the files cannot be taken in at all. */
  readonly refusal: DomainError | null;
  /** Writes within one transaction; the same files give the same outcome on the same data. */
  readonly apply: (tx: Tx, recorder: Recorder, progress: Progress) => Promise<ImportOutcome>;
}
