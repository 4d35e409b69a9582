import type { RequestContext } from '../../http/endpoint.js';
import { liveContext } from '../reports/live-context.js';
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

async function live<Q extends object, R extends object>(context: RequestContext, view: View<Q, R>, question: Q, asOf?: string): Promise<R> {
  return view.compute(await liveContext(context, asOf), question);
}
