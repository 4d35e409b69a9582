import { findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { Proposal, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';
import { asSystem } from '../../platform/tenant.js';

/** A proposal with the fund of its round. */
export type ProposalRow = Proposal & { readonly round: { readonly fundId: string } };

const withFund = { round: { select: { fundId: true } } } as const;

export const proposalSorts = {
  recordedAt: idColumn<ProposalRow>(),
  reference: textColumn<ProposalRow>('reference', (proposal) => proposal.reference),
};

/** A proposal among those that whoever asks may see. */
export function findProposal(db: Tx, id: string): Promise<ProposalRow | null> {
  return db.proposal.findUnique({ where: { id }, include: withFund });
}

/** The same, locked until the transaction ends. */
export async function lockProposal(db: Tx, id: string): Promise<ProposalRow | null> {
  return (await lockRow(db, 'proposal', id)) ? findProposal(db, id) : null;
}

export interface ProposalFilter {
  readonly roundId?: string | undefined;
  readonly fundId?: string | undefined;
  readonly partnerId?: string | undefined;
  readonly country?: string | undefined;
  readonly status?: Proposal['status'] | undefined;
}

export function findProposals(db: Tx, query: PageRequest & ProposalFilter): Promise<Page<ProposalRow>> {
  const { roundId, fundId, partnerId, country, status } = query;
  const filter = {
    ...(roundId !== undefined && { roundId }),
    ...(fundId !== undefined && { round: { fundId } }),
    ...(partnerId !== undefined && { partnerId }),
    ...(country !== undefined && { countries: { has: country } }),
    ...(status !== undefined && { status }),
  };
  return findPage<ProposalRow>(query, proposalSorts, ({ where, ...page }) => db.proposal.findMany({ where: { AND: [filter, where] }, include: withFund, ...page }));
}

/** Everybody who prepared a proposal or handed it in, whoever may see the trail. */
export async function preparersOf(db: Tx, { id, preparedBy, submittedBy }: Proposal): Promise<readonly string[]> {
  const action = { in: ['proposal.create', 'proposal.edit', 'proposal.submit'] };
  const acts = await asSystem(db, () => db.auditEvent.findMany({ where: { recordKind: 'proposal', recordId: id, action }, select: { actorId: true } }));
  return [...new Set([preparedBy, submittedBy, ...acts.map(({ actorId }) => actorId)])].filter((who) => who !== null);
}
