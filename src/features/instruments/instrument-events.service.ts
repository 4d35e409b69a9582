import { fromDay, toDay } from '../../domain/days.js';
import { checkEvent, checkUndo, type InstrumentFact, type RecordedFact, standingEvents } from '../../domain/instrument.js';
import { checkStateScope } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { checkPositive, checkSameCurrency, checkWithinCommitment } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { dayOrNull, minorOf } from '../../http/wire.js';
import { newId } from '../../platform/ids.js';
import { recordAudit } from '../audit/audit.store.js';
import { eventAnswerOf } from './answer.js';
import type { InstrumentEventAnswer, NewEvent } from './instruments.schema.js';
import { factOf, type InstrumentWithEvents, lockInstrument } from './instruments.store.js';
import { keptTerms, rulesOf } from './terms.js';

/**
 * Records what happened to an instrument. It is no money of the ledger: that passes through commitments and disbursements.
 * @throws NOT_FOUND, OUT_OF_SCOPE, AMOUNT_*, CURRENCY_UNKNOWN, and those of `checkEvent`
 * @throws CURRENCY_MISMATCH, EXCEEDS_COMMITMENT, PARENT_REVERSED, INSTRUMENT_MISMATCH for a commitment whose money a payout cannot be
 */
export async function addEvent(context: RequestContext, instrumentId: string, input: NewEvent): Promise<InstrumentEventAnswer> {
  const { deps, now } = context;
  const { exponents } = deps.reference;
  const instrument = await lockOwn(context, instrumentId);
  const { currency } = instrument;
  const fact = readFact(context, input, currency);
  const standing = standingEvents(instrument.events.map(factOf));
  const rules = rulesOf({ ...keptTerms(instrument), currency, startsOn: toDay(instrument.startsOn), endsOn: dayOrNull(instrument.endsOn) }, exponents);
  checkEvent(fact, standing, rules, now, exponents);
  if (fact.commitmentId !== null) await checkCommitment(context, instrument, fact, standing);
  const after = { ...input, instrumentId };
  return keep(context, instrument, { ...fact, undoesId: null, description: input.description, source: input.source }, 'instrument.event', { before: null, after });
}

/**
 * Undoes an event by another one.
 * @throws NOT_FOUND, OUT_OF_SCOPE, STATE_CONFLICT when it is undone already, HAS_CHILDREN when another event stands on it
 */
export async function undoEvent(context: RequestContext, instrumentId: string, eventId: string, reason: string): Promise<InstrumentEventAnswer> {
  const instrument = await lockOwn(context, instrumentId);
  const undone = instrument.events.find(({ id }) => id === eventId);
  if (!undone || undone.undoesId !== null) throw new DomainError('NOT_FOUND', { what: 'instrument_event' });
  checkUndo(eventId, standingEvents(instrument.events.map(factOf)));
  const { id: undoesId, ...fact } = factOf(undone);
  const detail = { before: { undoesId, kind: fact.kind, occurredOn: fact.occurredOn }, after: {} };
  return keep(context, instrument, { ...fact, undoesId, description: reason, source: null }, 'instrument.undo', detail, reason);
}

/** An instrument of the actor's own states, locked. */
async function lockOwn({ db, actor }: RequestContext, id: string): Promise<InstrumentWithEvents> {
  const instrument = await lockInstrument(db, id);
  if (!instrument) throw new DomainError('NOT_FOUND', { what: 'instrument' });
  checkStateScope(actor, { countries: instrument.countries, restricted: false });
  return instrument;
}

function readFact({ deps }: RequestContext, input: NewEvent, currency: string): InstrumentFact {
  const { kind, occurredOn } = input;
  const amountMinor = 'amount' in input ? minorOf(input.amount, deps.reference.exponents) : null;
  if ('amount' in input && amountMinor !== null) {
    checkPositive(amountMinor);
    checkSameCurrency(input.amount.currency, currency);
  }
  return {
    kind,
    occurredOn,
    amountMinor,
    followsId: 'followsId' in input ? input.followsId : null,
    observed: 'observed' in input ? input.observed : null,
    release: 'release' in input ? input.release : null,
    commitmentId: 'commitmentId' in input ? input.commitmentId : null,
  };
}

/** A payout may be a commitment's money, of the same mechanism and currency; all payouts of the instrument together stay within it. */
async function checkCommitment(context: RequestContext, instrument: InstrumentWithEvents, { commitmentId, amountMinor }: InstrumentFact, standing: readonly RecordedFact[]): Promise<void> {
  const { db, deps } = context;
  const commitment = await db.commitment.findUnique({ where: { id: commitmentId ?? '' } });
  if (!commitment) throw new DomainError('NOT_FOUND', { what: 'commitment' }, 'commitmentId');
  if (commitment.status !== 'active') throw new DomainError('PARENT_REVERSED', {}, 'commitmentId');
  if (commitment.mechanism !== instrument.mechanism || (commitment.instrumentId !== null && commitment.instrumentId !== instrument.id)) {
    const { reference, mechanism, countries } = instrument;
    const found = { foundMechanism: commitment.mechanism, foundCountries: commitment.countries.join(', ') };
    throw new DomainError('INSTRUMENT_MISMATCH', { reference, mechanism, countries: countries.join(', '), ...found }, 'commitmentId');
  }
  checkSameCurrency(instrument.currency, commitment.currency);
  const taken = standing.filter((event) => event.commitmentId === commitmentId).reduce((sum, event) => sum + (event.amountMinor ?? 0n), 0n);
  checkWithinCommitment({ minor: amountMinor ?? 0n, currency: commitment.currency }, commitment.currentMinor - taken, deps.reference.exponents);
}

interface Kept extends InstrumentFact {
  readonly undoesId: string | null;
  readonly description: string;
  readonly source: string | null;
}

async function keep(context: RequestContext, { id: instrumentId, currency, events }: InstrumentWithEvents, fact: Kept, action: string, detail: object, reason?: string): Promise<InstrumentEventAnswer> {
  const { db, actor, deps } = context;
  const id = newId();
  const data = { id, instrumentId, ...fact, occurredOn: fromDay(fact.occurredOn), currency: fact.amountMinor === null ? null : currency, recordedBy: actor.userId };
  const row = await db.instrumentEvent.create({ data });
  await recordAudit(context, action, { kind: 'instrument', id: instrumentId }, detail, { reason: reason ?? null });
  return eventAnswerOf(row, [...events, row].map(factOf), deps.reference.exponents);
}
