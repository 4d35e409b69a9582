import type { z } from 'zod';
import { changesOf } from '../../domain/changes.js';
import { fromDay, fromDayOrNull, toDay } from '../../domain/days.js';
import { DomainError } from '../../domain/problem.js';
import { checkPeriod } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { dayOrNull } from '../../http/wire.js';
import type { Event } from '../../platform/db.js';
import { newId } from '../../platform/ids.js';
import { refuseDuplicate } from '../../platform/unique.js';
import { recordAudit } from '../audit/audit.store.js';
import { recordRevision } from '../journal/revision.store.js';
import { moveWithEvent } from '../schedules/schedules.store.js';
import type { eventPatchBody, eventQuery, eventSchema, newEventBody } from './events.schema.js';
import { findEvent, findEvents, lockEvent } from './events.store.js';

type EventWire = z.output<typeof eventSchema>;
type Fields = z.output<typeof newEventBody>;

export async function listEvents({ db }: RequestContext, query: z.output<typeof eventQuery>): Promise<Page<EventWire>> {
  return mapPage(await findEvents(db, query), toWire);
}

/** @throws NOT_FOUND */
export async function getEvent({ db }: RequestContext, id: string): Promise<EventWire> {
  return toWire(found(await findEvent(db, id)));
}

/**
 * Records a conference or forum.
 * @throws DUPLICATE, PERIOD_REVERSED
 */
export async function createEvent(context: RequestContext, fields: Fields): Promise<EventWire> {
  checkPeriod(fields.startsOn, fields.endsOn);
  const data = { id: newId(), ...columnsOf(fields) };
  const event = await refuseDuplicate({ code: fields.code }, () => context.db.event.create({ data }));
  return keep(context, event, 'event.create', { before: null, after: fields });
}

/**
 * Changes a conference or forum.
 * @throws STALE, NOT_FOUND, DUPLICATE, PERIOD_REVERSED
 */
export async function updateEvent(context: RequestContext, id: string, patch: z.output<typeof eventPatchBody>): Promise<EventWire> {
  const event = found(await lockEvent(context.db, id));
  context.precondition.check(event.version);
  const changes = changesOf(fieldsOf(event), patch);
  if (!changes) return toWire(event);
  const next = { ...fieldsOf(event), ...changes.after };
  checkPeriod(next.startsOn, next.endsOn);
  const updated = await refuseDuplicate({ code: next.code }, () => context.db.event.update({ where: { id }, data: columnsOf(next) }));
  if (changes.after.startsOn !== undefined) await moveWithEvent(context.db, id, next.startsOn, context.now);
  return keep(context, updated, 'event.update', changes);
}

async function keep(context: RequestContext, event: Event, action: string, detail: object): Promise<EventWire> {
  const { id, code, nameFr, nameEn } = event;
  await recordRevision(context.db, 'event', id, { code, nameFr, nameEn }, context.actor.userId);
  await recordAudit(context, action, { kind: 'event', id }, detail);
  return toWire(event);
}

function found(event: Event | null): Event {
  if (!event) throw new DomainError('NOT_FOUND', { what: 'event' });
  return event;
}

function columnsOf(fields: Fields) {
  return { ...fields, startsOn: fromDay(fields.startsOn), endsOn: fromDayOrNull(fields.endsOn) };
}

function fieldsOf({ code, nameFr, nameEn, place, startsOn, endsOn }: Event): Fields {
  return { code, nameFr, nameEn, place, startsOn: toDay(startsOn), endsOn: dayOrNull(endsOn) };
}

function toWire(event: Event): EventWire {
  return { id: event.id, ...fieldsOf(event), recordedAt: event.createdAt.toISOString(), version: event.version };
}
