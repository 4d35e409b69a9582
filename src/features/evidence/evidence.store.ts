import { type Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { type EvidenceDocument, isUniqueViolation, type Tx } from '../../platform/db.js';
import { visibleFlows } from '../flows/flows.store.js';

export const stages = ['pledge', 'commitment', 'disbursement'] as const;
export type Stage = (typeof stages)[number];

/** The record that a document proves, with what decides who may see it and who may add to it. */
export interface Subject {
  readonly stage: Stage;
  readonly id: string;
  readonly countries: readonly string[];
  readonly restricted: boolean;
}

/** The record among those that an actor may see. */
export async function findSubject(db: Tx, visibility: Visibility, stage: Stage, id: string): Promise<Subject | null> {
  const visible = { AND: [visibleFlows(visibility)] };
  const select = { countries: true, restricted: true };
  const find = {
    pledge: () => db.pledge.findFirst({ where: { id, ...visible }, select }),
    commitment: () => db.commitment.findFirst({ where: { id, ...visible }, select }),
    disbursement: async () => (await db.disbursement.findFirst({ where: { id, commitment: visible }, select: { commitment: { select } } }))?.commitment,
  };
  const flow = await find[stage]();
  return flow ? { stage, id, ...flow } : null;
}

/** The record that a document names. */
export function subjectOf({ pledgeId, commitmentId, disbursementId }: EvidenceDocument): Pick<Subject, 'stage' | 'id'> {
  if (pledgeId !== null) return { stage: 'pledge', id: pledgeId };
  if (commitmentId !== null) return { stage: 'commitment', id: commitmentId };
  return { stage: 'disbursement', id: disbursementId ?? '' };
}

/** What is known of a document before it is kept. */
export type NewDocument = Pick<EvidenceDocument, 'id' | 'name' | 'mediaType' | 'sizeBytes' | 'sha256' | 'scan'>;

/** @throws EVIDENCE_DUPLICATE when the record has the same content already */
export async function insertDocument(db: Tx, { stage, id }: Subject, document: NewDocument, uploadedBy: string): Promise<EvidenceDocument> {
  try {
    return await db.evidenceDocument.create({ data: { ...document, [`${stage}Id`]: id, uploadedBy } });
  } catch (error) {
    if (isUniqueViolation(error)) throw new DomainError('EVIDENCE_DUPLICATE', { name: document.name }, 'files');
    throw error;
  }
}

/** Locks a document until the transaction ends. */
export async function lockDocument(db: Tx, id: string): Promise<EvidenceDocument> {
  await db.$queryRaw`SELECT FROM evidence_document WHERE id = ${id}::uuid FOR UPDATE`;
  return db.evidenceDocument.findUniqueOrThrow({ where: { id } });
}
