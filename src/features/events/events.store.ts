import { dayColumn, findPage, idColumn, type Page, type PageRequest, textColumn } from '../../http/paging.js';
import type { Event, Tx } from '../../platform/db.js';
import { lockRow } from '../../platform/lock.js';

export const eventSorts = {
  startsOn: dayColumn<Event>('startsOn', (event) => event.startsOn),
  code: textColumn<Event>('code', (event) => event.code),
  recordedAt: idColumn<Event>(),
};

export function findEvent(db: Tx, id: string): Promise<Event | null> {
  return db.event.findUnique({ where: { id } });
}

/** The event, locked until the transaction ends. */
export async function lockEvent(db: Tx, id: string): Promise<Event | null> {
  return (await lockRow(db, 'event', id)) ? findEvent(db, id) : null;
}

export function findEvents(db: Tx, query: PageRequest): Promise<Page<Event>> {
  return findPage(query, eventSorts, (page) => db.event.findMany(page));
}
