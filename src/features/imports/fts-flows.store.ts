import { Prisma, type SourceOutcome, type Tx } from '../../platform/db.js';
import { hashOf, type KnownFlow, type Scope } from './fts-decision.js';
import type { FtsFlow } from './fts-flow.js';
import type { FlowRecord } from './fts-posting.js';
import type { Recorder } from './prepared-import.js';

const SYSTEM = 'fts';
const BATCH = 2_000;

/** Whether the flow's last settlement with a payment entered here says that they are the same, and that payment stands. */
const twinStands = Prisma.sql`EXISTS (
  SELECT FROM (
    SELECT DISTINCT ON (t.disbursement_id) t.disbursement_id, t.same FROM disbursement i JOIN twin_settlement t ON t.imported_id = i.id
    WHERE i.source_system = source_flow.source_system AND i.external_id = source_flow.external_id ORDER BY t.disbursement_id, t.seq DESC
  ) last JOIN disbursement d ON d.id = last.disbursement_id
  WHERE last.same AND d.status IN ('approved', 'received'))`;

/** The latest version known of each of these flows. */
export async function loadKnown(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, KnownFlow>> {
  const known = new Map<string, KnownFlow>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const rows = await tx.$queryRaw<KnownFlow[]>`
      SELECT DISTINCT ON (external_id) external_id AS "externalId", seq, version, to_char(updated_on, 'YYYY-MM-DD') AS "updatedOn",
        content_hash AS "contentHash", content, CASE WHEN outcome = 'twin' AND NOT ${twinStands} THEN 'released' ELSE outcome::text END AS outcome,
        pledge_id::text AS "pledgeId", commitment_id::text AS "commitmentId", disbursement_id::text AS "disbursementId"
      FROM source_flow WHERE source_system = ${SYSTEM} AND external_id = ANY(${ids.slice(start, start + BATCH)}::text[])
      ORDER BY external_id, seq DESC`;
    for (const row of rows) known.set(row.externalId, row);
  }
  return known;
}

/** The import that brought the latest version of a flow. */
export async function sourceImportOf(tx: Tx, { externalId, seq }: Pick<KnownFlow, 'externalId' | 'seq'>): Promise<string> {
  const { importId } = await tx.sourceFlow.findUniqueOrThrow({ where: { sourceSystem_externalId_seq: { sourceSystem: SYSTEM, externalId, seq } } });
  return importId;
}

/** The value dates of standing records that lack euros or francs, by the pledge's or commitment's id. */
export async function findUnconverted(tx: Tx, recordIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.$queryRaw<{ id: string; value_date: string }[]>`
    SELECT DISTINCT coalesce(e.commitment_id, e.pledge_id)::text AS id, to_char(coalesce(e.occurred_on, e.value_date), 'YYYY-MM-DD') AS value_date
    FROM journal_entry e
    WHERE (e.commitment_id = ANY(${[...recordIds]}::uuid[]) OR e.pledge_id = ANY(${[...recordIds]}::uuid[]))
      AND e.kind <> 'reversal' AND (e.eur_minor IS NULL OR e.xof_minor IS NULL)`;
  return new Map(rows.map((row) => [row.id, row.value_date]));
}

/** The numbers of the flows that stand and go to one of the countries in one of the years. */
export async function findStanding(tx: Tx, { countries, years }: Scope): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT f.external_id AS id FROM (
      SELECT DISTINCT ON (external_id) external_id, outcome, content -> 'destination' AS destination
      FROM source_flow WHERE source_system = ${SYSTEM} ORDER BY external_id, seq DESC
    ) f
    WHERE f.outcome <> 'closed'
      AND (${countries === 'all'} OR jsonb_exists_any(f.destination -> 'countries', ${countries === 'all' ? [] : [...countries]}::text[]))
      AND EXISTS (SELECT FROM jsonb_array_elements_text(f.destination -> 'usageYears') y WHERE y::int = ANY(${[...years]}::int[]))
    ORDER BY length(f.external_id), f.external_id`;
  return rows.map((row) => row.id);
}

/** A version of a flow and what it led to. */
export interface FlowVersion {
  readonly flow: FtsFlow;
  readonly seq: number;
  readonly outcome: SourceOutcome;
  readonly pledgeId: string | null;
  readonly commitmentId: string | null;
  readonly disbursementId: string | null;
}

export async function insertVersions(tx: Tx, versions: readonly FlowVersion[], { importId }: Recorder): Promise<void> {
  const rows = versions.map(({ flow, seq, outcome, pledgeId, commitmentId, disbursementId }) => ({
    external_id: flow.id,
    seq,
    version: flow.version,
    updated_on: flow.updatedOn,
    content_hash: hashOf(flow),
    content: flow,
    outcome,
    pledge_id: pledgeId,
    commitment_id: commitmentId,
    disbursement_id: disbursementId,
  }));
  await tx.$executeRaw`
    INSERT INTO source_flow (source_system, external_id, seq, version, updated_on, content_hash, content, outcome, pledge_id, commitment_id,
      disbursement_id, import_id, recorded_at)
    SELECT ${SYSTEM}, external_id, seq, version, updated_on, content_hash, content, outcome, pledge_id, commitment_id, disbursement_id,
      ${importId}::uuid, now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS v(external_id text, seq int, version int, updated_on date, content_hash text,
      content jsonb, outcome source_outcome, pledge_id uuid, commitment_id uuid, disbursement_id uuid)`;
}

/** A record and the references that people quote for it. */
export interface NumberedRecord {
  readonly record: FlowRecord;
  readonly reference: string;
  readonly disbursementReference: string | null;
}

const numberOf = (minor: bigint) => String(minor);

function rowOf({ record, reference, disbursementReference }: NumberedRecord): object {
  const { terms } = record;
  return {
    id: record.pledgeId ?? record.commitmentId,
    disbursement_id: record.disbursementId,
    reference,
    disbursement_reference: disbursementReference,
    donor_id: terms.donorId,
    recipient_id: terms.recipientId,
    mechanism: terms.mechanism,
    contribution_type: terms.contributionType,
    boundary: terms.boundary,
    earmarking: record.earmarking,
    destination_kind: record.destinationKind,
    splits: record.splits,
    countries: (record.splits.country ?? []).map((part) => part.code),
    amount_minor: numberOf(record.amountMinor),
    disbursed_minor: numberOf(record.disbursementId === null ? 0n : record.amountMinor),
    currency: record.currency,
    value_date: record.valueDate,
    description: record.description,
    evidence_reference: record.evidenceReference,
    external_id: record.externalId,
  };
}

/** Inserts pledges, or commitments with their payments. */
export async function insertRecords(tx: Tx, stage: 'pledge' | 'commitment', records: readonly NumberedRecord[], { recordedBy }: Recorder): Promise<void> {
  if (records.length === 0) return;
  const rows = JSON.stringify(records.map(rowOf));
  if (stage === 'pledge') {
    await tx.$executeRaw`
      INSERT INTO pledge (id, reference, donor_id, recipient_id, mechanism, contribution_type, earmarking, destination_kind, splits, countries,
        boundary, amount_minor, currency, value_date, description, evidence_reference, source_system, external_id, recorded_by)
      SELECT id, reference, donor_id, recipient_id, mechanism, contribution_type, earmarking, destination_kind, splits, countries,
        boundary, amount_minor, currency, value_date, description, evidence_reference, ${SYSTEM}, external_id, ${recordedBy}::uuid
      FROM jsonb_to_recordset(${rows}::jsonb) AS r(id uuid, reference text, donor_id uuid, recipient_id uuid, mechanism text,
        contribution_type contribution_type, earmarking earmarking, destination_kind destination_kind, splits jsonb, countries text[],
        boundary boundary, amount_minor bigint, currency text, value_date date, description text, evidence_reference text, external_id text)`;
    return;
  }
  await tx.$executeRaw`
    INSERT INTO commitment (id, reference, donor_id, recipient_id, mechanism, contribution_type, earmarking, destination_kind, splits, countries,
      boundary, amount_minor, current_minor, disbursed_minor, currency, value_date, description, evidence_reference, source_system, external_id, recorded_by)
    SELECT id, reference, donor_id, recipient_id, mechanism, contribution_type, earmarking, destination_kind, splits, countries,
      boundary, amount_minor, amount_minor, disbursed_minor, currency, value_date, description, evidence_reference, ${SYSTEM}, external_id, ${recordedBy}::uuid
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(id uuid, reference text, donor_id uuid, recipient_id uuid, mechanism text,
      contribution_type contribution_type, earmarking earmarking, destination_kind destination_kind, splits jsonb, countries text[],
      boundary boundary, amount_minor bigint, disbursed_minor bigint, currency text, value_date date, description text, evidence_reference text,
      external_id text)`;
  await tx.$executeRaw`
    INSERT INTO disbursement (id, reference, commitment_id, amount_minor, currency, value_date, description, evidence_reference, status, prepared_by,
      source_system, external_id)
    SELECT disbursement_id, disbursement_reference, id, amount_minor, currency, value_date, description, evidence_reference, 'approved',
      ${recordedBy}::uuid, ${SYSTEM}, external_id
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(id uuid, disbursement_id uuid, disbursement_reference text, amount_minor bigint, currency text,
      value_date date, description text, evidence_reference text, external_id text)
    WHERE disbursement_id IS NOT NULL`;
}

/** Marks records whose entries were reversed. */
export async function markReversed(tx: Tx, stage: 'pledge' | 'commitment', ids: readonly string[]): Promise<void> {
  if (stage === 'pledge') {
    await tx.$executeRaw`UPDATE pledge SET status = 'reversed' WHERE id = ANY(${[...ids]}::uuid[])`;
    return;
  }
  await tx.$executeRaw`UPDATE disbursement SET status = 'reversed' WHERE commitment_id = ANY(${[...ids]}::uuid[])`;
  await tx.$executeRaw`UPDATE commitment SET status = 'reversed', disbursed_minor = 0 WHERE id = ANY(${[...ids]}::uuid[])`;
}
