import { toActor, visibilityOf } from '../../src/domain/policy.js';
import type { View } from '../../src/features/reports/view.js';
import { databaseMoment } from '../../src/features/reports/reports.store.js';
import { inTransaction, Prisma, type Tx } from '../../src/platform/db.js';
import { enterUser } from '../../src/platform/tenant.js';
import type { Client, TestApp } from './app.js';

/** Σ of the lines behind a report by stage, in minor units of its currency. */
export interface LineSums {
  readonly pledge: bigint;
  readonly commitment: bigint;
  readonly disbursement: bigint;
}

interface Asked<Result> {
  readonly result: Result;
  readonly lines: LineSums | null;
}

/** Answers a question as the worker does: with the rights of a user, on the rows that row-level security leaves them. */
export function viewAs<Question extends object, Result extends object>(
  { deps: { db, reference } }: TestApp,
  { userId }: Pick<Client, 'userId'>,
  view: View<Question, Result>,
  input: object,
  moment?: string,
): Promise<Asked<Result>> {
  return inTransaction(db, async (tx) => {
    const { asOf } = await databaseMoment(tx, moment);
    const entered = await enterUser(tx, userId);
    if (!entered) throw new Error(`${userId} may not sign in`);
    const actor = toActor(entered);
    const parsed = view.question.parse(input);
    const question = view.prepare?.(parsed, actor) ?? parsed;
    const context = { tx, reference, asOf, scope: visibilityOf(actor) };
    const result = await view.compute(context, question);
    const source = await view.lines?.(context, question);
    return { result, lines: source?.book === 'journal' ? await sumsOf(tx, source.condition, source.currency, asOf) : null };
  });
}

async function sumsOf(tx: Tx, condition: Prisma.Sql, currency: string, asOf: string): Promise<LineSums> {
  const rows = await tx.$queryRaw<{ stage: keyof LineSums; minor: bigint }[]>`
    SELECT l.stage::text AS stage, sum(${Prisma.raw(`l.${currency.toLowerCase()}_minor`)})::bigint AS minor
    FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
    WHERE l.recorded_at <= ${asOf}::timestamptz AND (${condition}) GROUP BY 1`;
  return { pledge: 0n, commitment: 0n, disbursement: 0n, ...Object.fromEntries(rows.map(({ stage, minor }) => [stage, minor])) };
}
