import { toDay } from '../../domain/days.js';
import { type Visibility, visibilityOf } from '../../domain/policy.js';
import type { RequestContext } from '../../http/endpoint.js';
import type { Page } from '../../http/paging.js';
import { dayOrNull, moneyOf } from '../../http/wire.js';
import type { JournalEntry } from '../../platform/db.js';
import { visibleFlows } from '../flows/flows.store.js';
import type { EntriesQuery, EntryAnswer } from './journal.schema.js';

/** The journal entries that touch flows the actor may see, in the order they were recorded. */
export async function listEntries(context: RequestContext, query: EntriesQuery): Promise<Page<EntryAnswer>> {
  const { pledgeId, commitmentId, disbursementId, kind, cursor, limit } = query;
  const rows = await context.db.journalEntry.findMany({
    where: {
      ...(pledgeId !== undefined && { pledgeId }),
      ...(commitmentId !== undefined && { commitmentId }),
      ...(disbursementId !== undefined && { disbursementId }),
      ...(kind !== undefined && { kind }),
      ...(cursor !== undefined && { seq: { gt: BigInt(cursor) } }),
      ...visibleEntries(visibilityOf(context.actor)),
    },
    orderBy: { seq: 'asc' },
    take: limit + 1,
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map((row) => answerOf(context, row)), nextCursor: rows.length > limit && last ? String(last.seq) : null };
}

function visibleEntries(visibility: Visibility): object {
  if (visibility.all && visibility.restricted) return {};
  return { lines: { some: visibleFlows(visibility) } };
}

function answerOf({ deps }: RequestContext, row: JournalEntry): EntryAnswer {
  const { exponents } = deps.reference;
  const converted = (minor: bigint | null, currency: string) => (minor === null ? null : moneyOf(minor, currency, exponents));
  return {
    id: row.id,
    seq: String(row.seq),
    kind: row.kind,
    stage: row.stage,
    pledgeId: row.pledgeId,
    commitmentId: row.commitmentId,
    disbursementId: row.disbursementId,
    amendmentId: row.amendmentId,
    reversesId: row.reversesId,
    valueDate: toDay(row.valueDate),
    occurredOn: dayOrNull(row.occurredOn),
    recordedAt: row.recordedAt.toISOString(),
    recordedBy: row.recordedBy,
    amount: moneyOf(row.amountMinor, row.currency, exponents),
    usd: converted(row.usdMinor, 'USD'),
    eur: converted(row.eurMinor, 'EUR'),
    xof: converted(row.xofMinor, 'XOF'),
    fx: row.fx as EntryAnswer['fx'],
    reason: row.reason,
  };
}
