import { visibilityOf } from '../../domain/policy.js';
import type { RequestContext } from '../../http/endpoint.js';
import { pastMoment } from './reports.store.js';
import type { ViewContext } from './view.js';

/**
 * What a view is computed from at once, for who asks and as of a moment, or now.
 * @throws AS_OF_IN_FUTURE
 */
export async function liveContext({ db, deps, actor }: RequestContext, asOf?: string): Promise<ViewContext> {
  return { tx: db, reference: deps.reference, asOf: await pastMoment(db, asOf), scope: visibilityOf(actor) };
}
