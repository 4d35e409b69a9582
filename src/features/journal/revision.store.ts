import type { RevisedKind, Tx } from '../../platform/db.js';

/** Keeps the names and merges of a record as they are from now on, so that a report `asOf` shows those of its moment. */
export async function recordRevision(db: Tx, kind: RevisedKind, recordId: string, data: object, recordedBy: string): Promise<void> {
  await db.$executeRaw`
    INSERT INTO record_revision (kind, record_id, revision, data, recorded_by, recorded_at)
    SELECT ${kind}::revised_kind, ${recordId}::uuid, coalesce(max(revision), 0) + 1, ${JSON.stringify(data)}::jsonb, ${recordedBy}::uuid, now()
    FROM record_revision WHERE kind = ${kind}::revised_kind AND record_id = ${recordId}::uuid`;
}
