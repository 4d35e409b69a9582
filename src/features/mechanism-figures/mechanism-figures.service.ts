import { visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { databaseMoment } from '../reports/reports.store.js';
import type { View } from '../reports/view.js';
import { forumFollowUp } from './forum.view.js';
import type { ForumAnswer, ForumQuery, MechanismsAnswer, MechanismsQuery } from './mechanism-figures.schema.js';
import { mechanisms } from './mechanisms.view.js';

/** @throws AS_OF_IN_FUTURE */
export async function compareMechanisms(context: RequestContext, { asOf, ...asked }: MechanismsQuery): Promise<MechanismsAnswer> {
  return live(context, mechanisms, { ...asked, groupBy: 'mechanism' }, asOf);
}

/** @throws NOT_FOUND, AS_OF_IN_FUTURE */
export async function followUpEvent(context: RequestContext, eventId: string, { asOf, ...asked }: ForumQuery): Promise<ForumAnswer> {
  return live(context, forumFollowUp, { ...asked, eventId }, asOf);
}

async function live<Q extends object, R extends object>({ db, actor, deps }: RequestContext, view: View<Q, R>, question: Q, given?: string): Promise<R> {
  const { asOf, future, now } = await databaseMoment(db, given);
  if (future) throw new DomainError('AS_OF_IN_FUTURE', { latest: now, found: given ?? '' }, 'asOf');
  return view.compute({ tx: db, reference: deps.reference, asOf, scope: visibilityOf(actor) }, question);
}
