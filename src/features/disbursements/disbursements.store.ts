import type { Disbursement } from '../../platform/db.js';
import { type AuditContext, runAudited } from '../audit/audit.store.js';

/** A draft about to be kept. */
export type NewDraft = Pick<
  Disbursement,
  'id' | 'commitmentId' | 'amountMinor' | 'currency' | 'valueDate' | 'description' | 'evidenceReference' | 'evidenceLink' | 'creditedMinor' | 'preparedBy'
>;

/** Keeps a draft, gives it its reference, and records who prepared what. */
export async function insertDraft(context: AuditContext, draft: NewDraft, valueDate: string, input: object): Promise<Disbursement> {
  const act = { action: 'disbursement.create', record: { kind: 'disbursement', id: draft.id }, detail: { after: input } };
  const { rows } = await runAudited<{ reference: string; prepared_at: Date }>(context, act, {
    name: 'insert_draft',
    text: `INSERT INTO disbursement (id, reference, commitment_id, amount_minor, currency, value_date, description, evidence_reference, evidence_link, prepared_by, credited_minor)
      VALUES ($1, next_flow_reference('DEC', $5), $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING reference, prepared_at`,
    values: [
      draft.id,
      draft.commitmentId,
      String(draft.amountMinor),
      draft.currency,
      valueDate,
      draft.description,
      draft.evidenceReference,
      draft.evidenceLink,
      draft.preparedBy,
      draft.creditedMinor === null ? null : String(draft.creditedMinor),
    ],
  });
  const [row] = rows;
  if (!row) throw new RangeError('an insert returns its row');
  return { ...draft, ...notYet, reference: row.reference, preparedAt: row.prepared_at };
}

const notYet = {
  version: 1,
  status: 'draft',
  submittedBy: null,
  submittedAt: null,
  decidedBy: null,
  decidedAt: null,
  rejectionReason: null,
  receivedOn: null,
  receivedBy: null,
  sourceSystem: null,
  externalId: null,
} as const;
