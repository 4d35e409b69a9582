import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { readLink } from '../../platform/signed-link.js';
import { asSystem } from '../../platform/tenant.js';
import { recordAudit } from '../audit/audit.store.js';
import { auditing, takeAttempt } from '../auth/attempts.js';
import { dataKeysOf } from '../auth/data-keys.js';
import { formats, namedArtefact, type NamedArtefact } from '../reports/download.js';
import { markOpened } from './deliveries.store.js';
import { languageOf, stillCovers } from './issue.js';

/**
 * The file that a mailed link leads to, for whoever has the link, as long as its recipient may see all that is in it.
 * @throws LINK_INVALID, TOO_MANY_ATTEMPTS
 */
export async function openSharedFile(context: RequestContext, token: string): Promise<NamedArtefact> {
  const attempt = await takeAttempt(context, 'shared-file', undefined);
  const file = await asSystem(context.db, () => findFile(context, token));
  await attempt.succeeded();
  return file;
}

async function findFile(context: RequestContext, token: string): Promise<NamedArtefact> {
  const { db, deps, now } = context;
  const link = readLink(token, dataKeysOf(deps.config), now);
  const delivery = link && (await db.delivery.findUnique({ where: { id: link.deliveryId }, include: { run: true } }));
  const format = formats.find((one) => one === link?.format);
  if (!delivery?.run || !format || !(await stillCovers(db, delivery, delivery.run))) throw new DomainError('LINK_INVALID');
  const file = await namedArtefact(db, delivery.run, format, languageOf(delivery));
  await markOpened(db, delivery.id, now);
  await recordAudit(auditing(context, db), 'report.download', { kind: 'report', id: delivery.run.id }, { format, deliveryId: delivery.id });
  return file;
}
