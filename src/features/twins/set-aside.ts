import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { asSystem } from '../../platform/tenant.js';
import { addCommitted, lockPledge } from '../flows/flows.store.js';
import { insertVersions, loadKnown, markReversed, sourceImportOf } from '../imports/fts-flows.store.js';
import { reverseEntries } from '../journal/journal.store.js';

/**
 * Sets an imported payment aside as the twin of one entered here, so that the money is counted once: what its flow has in the
 * journal is reversed, and the flow gets a version that says so. Its commitment and payment are locked.
 * @throws STATE_CONFLICT when the flow does not stand as this payment any more
 */
export function setAside(context: RequestContext, importedId: string, reason: string): Promise<void> {
  const { db, actor } = context;
  return asSystem(db, async () => {
    const { externalId, commitment } = await db.disbursement.findUniqueOrThrow({ where: { id: importedId }, include: { commitment: true } });
    const known = (await loadKnown(db, [externalId ?? ''])).get(externalId ?? '');
    if (known?.outcome !== 'posted' || known.disbursementId !== importedId) throw new DomainError('STATE_CONFLICT', { found: known?.outcome ?? '-', allowed: 'posted' });
    if (commitment.pledgeId !== null) {
      await lockPledge(db, commitment.pledgeId);
      await addCommitted(db, commitment.pledgeId, -commitment.currentMinor);
    }
    await reverseEntries(db, 'commitment', [commitment.id], { recordedBy: actor.userId, reason, importId: null });
    await markReversed(db, 'commitment', [commitment.id]);
    const { pledgeId, commitmentId, disbursementId } = known;
    const version = { flow: known.content, seq: known.seq + 1, outcome: 'twin', pledgeId, commitmentId, disbursementId } as const;
    await insertVersions(db, [version], { recordedBy: actor.userId, importId: await sourceImportOf(db, known) });
  });
}
