import type { z } from 'zod';
import { exponentOf } from '../../domain/money.js';
import { atField, DomainError } from '../../domain/problem.js';
import { checkNotFuture } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { mapPage, type Page } from '../../http/paging.js';
import { recordAudit } from '../audit/audit.store.js';
import type { newRateBody, rateQuery, rateSchema } from './fx.schema.js';
import { findRate, findRates, importRates, type StoredRate } from './fx.store.js';

type RateWire = z.output<typeof rateSchema>;
type NewRate = z.output<typeof newRateBody>;

export async function listRates({ db }: RequestContext, query: z.output<typeof rateQuery>): Promise<Page<RateWire>> {
  return mapPage(await findRates(db, query), toWire);
}

/**
 * Records a published rate; the same rate again changes nothing.
 * @throws RATE_CONFLICT when another rate of that source is recorded for the pair and day
 * @throws CURRENCY_UNKNOWN, CODE_REPEATED, DATE_IN_FUTURE
 */
export async function recordRate(context: RequestContext, rate: NewRate): Promise<{ readonly rate: RateWire; readonly isNew: boolean }> {
  checkRate(context, rate);
  const { inserted, conflicts } = await importRates(context.db, [rate], context.actor.userId);
  const stored = await findRate(context.db, rate);
  if (!stored || conflicts.length > 0) throw conflictOf(rate, stored);
  const id = [rate.source, rate.base, rate.quote, rate.date].join(' ');
  if (inserted > 0) await recordAudit(context, 'fx_rate.create', { kind: 'fx_rate', id }, { before: null, after: rate });
  return { rate: toWire(stored), isNew: inserted > 0 };
}

function checkRate({ deps, now }: RequestContext, { base, quote, date }: NewRate): void {
  atField('quote', () => exponentOf(quote, deps.reference.exponents));
  if (base === quote) throw new DomainError('CODE_REPEATED', { code: quote }, 'quote');
  checkNotFuture(date, now, 'date');
}

function conflictOf({ source, base, quote, date, rate }: NewRate, stored: StoredRate | null): DomainError {
  return new DomainError('RATE_CONFLICT', { source, base, quote, date, existing: stored?.rate ?? '', found: rate }, 'rate');
}

function toWire({ recordedAt, ...rate }: StoredRate): RateWire {
  return { ...rate, recordedAt: recordedAt.toISOString() };
}
