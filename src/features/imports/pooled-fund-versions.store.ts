import { createHash } from 'node:crypto';
import type { Tx } from '../../platform/db.js';

/** What a version of a source's record led to. */
export interface VersionIds {
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
  readonly operationId: string | null;
}

export const noRecords: VersionIds = { pledgeId: null, commitmentId: null, disbursementId: null, operationId: null };

/** A version of a source's record. */
export interface Version<T> extends VersionIds {
  readonly externalId: string;
  readonly seq: number;
  readonly content: T;
  readonly outcome: 'posted' | 'no_amount' | 'closed';
}

/** The latest version known, and the hash of its content. */
export interface KnownVersion<T> extends Version<T> {
  readonly contentHash: string;
}

/** SHA-256 of the content as JSON, in hexadecimal. */
export function hashOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** The latest version known of every record of one kind that a source has published, by its external id. */
export async function loadVersions<T extends { readonly kind: string }>(tx: Tx, system: string, kind: T['kind']): Promise<ReadonlyMap<string, KnownVersion<T>>> {
  const rows = await tx.$queryRaw<KnownVersion<T>[]>`
    SELECT DISTINCT ON (external_id) external_id AS "externalId", seq, content_hash AS "contentHash", content, outcome::text AS outcome,
      pledge_id::text AS "pledgeId", commitment_id::text AS "commitmentId", disbursement_id::text AS "disbursementId", operation_id::text AS "operationId"
    FROM source_flow WHERE source_system = ${system} AND content ->> 'kind' = ${kind} ORDER BY external_id, seq DESC`;
  return new Map(rows.map((row) => [row.externalId, row]));
}

export async function insertVersions<T extends object>(tx: Tx, system: string, versions: readonly Version<T>[], importId: string): Promise<void> {
  const rows = versions.map(({ externalId, seq, content, outcome, pledgeId, commitmentId, disbursementId, operationId }) => ({
    external_id: externalId,
    seq,
    content_hash: hashOf(content),
    content,
    outcome,
    pledge_id: pledgeId,
    commitment_id: commitmentId,
    disbursement_id: disbursementId,
    operation_id: operationId,
  }));
  await tx.$executeRaw`
    INSERT INTO source_flow (source_system, external_id, seq, content_hash, content, outcome, pledge_id, commitment_id, disbursement_id, operation_id,
      import_id, recorded_at)
    SELECT ${system}, external_id, seq, content_hash, content, outcome, pledge_id, commitment_id, disbursement_id, operation_id, ${importId}::uuid, now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS v(external_id text, seq int, content_hash text, content jsonb, outcome source_outcome,
      pledge_id uuid, commitment_id uuid, disbursement_id uuid, operation_id uuid)`;
}

/** The value dates of standing records that lack euros or francs, by the id of the pledge, commitment or operation. */
export async function findUnconverted(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ id: string; day: string }[]>`
    SELECT coalesce(e.pledge_id, e.commitment_id)::text AS id, to_char(coalesce(e.occurred_on, e.value_date), 'YYYY-MM-DD') AS day
    FROM journal_entry e
    WHERE (e.pledge_id = ANY(${[...ids]}::uuid[]) OR e.commitment_id = ANY(${[...ids]}::uuid[])) AND e.kind <> 'reversal'
      AND (e.eur_minor IS NULL OR e.xof_minor IS NULL)
    UNION SELECT e.operation_id::text, to_char(coalesce(e.occurred_on, e.value_date), 'YYYY-MM-DD') FROM fund_entry e
    WHERE e.operation_id = ANY(${[...ids]}::uuid[]) AND e.reverses_id IS NULL AND (e.eur_minor IS NULL OR e.xof_minor IS NULL)`;
  return new Map(rows.map(({ id, day }) => [id, day]));
}
