import { type Day, fromDay, toDay } from '../../domain/days.js';
import type { RecordedFact } from '../../domain/instrument.js';
import { findPage, type Page } from '../../http/paging.js';
import type { InstrumentEvent, Prisma, Tx } from '../../platform/db.js';
import { type InstrumentsQuery, instrumentSorts } from './instruments.schema.js';

const withEvents = { events: { orderBy: [{ occurredOn: 'asc' }, { id: 'asc' }] } } as const satisfies Prisma.InstrumentInclude;

/** An instrument with what happened to it, in the order of the days. */
export type InstrumentWithEvents = Prisma.InstrumentGetPayload<{ include: typeof withEvents }>;

export function findInstrument(db: Tx, id: string): Promise<InstrumentWithEvents | null> {
  return db.instrument.findUnique({ where: { id }, include: withEvents });
}

/** The instrument, locked until the transaction ends, so that concurrent payouts wait for each other. */
export async function lockInstrument(db: Tx, id: string): Promise<InstrumentWithEvents | null> {
  await db.$queryRaw`SELECT FROM instrument WHERE id = ${id}::uuid FOR UPDATE`;
  return findInstrument(db, id);
}

export function findInstruments(db: Tx, query: InstrumentsQuery): Promise<Page<InstrumentWithEvents>> {
  const { mechanism, country, from, to } = query;
  const filter: Prisma.InstrumentWhereInput = {
    ...(mechanism !== undefined && { mechanism }),
    ...(country !== undefined && { countries: { has: country } }),
    ...(to !== undefined && { startsOn: { lte: fromDay(to) } }),
    ...(from !== undefined && { OR: [{ endsOn: null }, { endsOn: { gte: fromDay(from) } }] }),
  };
  return findPage<InstrumentWithEvents>(query, instrumentSorts, ({ where, ...page }) => db.instrument.findMany({ where: { AND: [where, filter] }, include: withEvents, ...page }));
}

/** A new reference, such as INS-2026-000042. */
export async function nextInstrumentReference(db: Tx, day: Day): Promise<string> {
  const [row] = await db.$queryRaw<{ reference: string }[]>`SELECT next_flow_reference('INS', ${day}::date) AS reference`;
  return row?.reference ?? '';
}

/** An event as the rules look at it. */
export function factOf(row: InstrumentEvent): RecordedFact {
  const { id, kind, followsId, undoesId, observed, amountMinor, commitmentId } = row;
  return { id, kind, followsId, undoesId, occurredOn: toDay(row.occurredOn), observed, release: row.release as RecordedFact['release'], amountMinor, commitmentId };
}
