import { toDay } from '../../domain/days.js';
import { chainDays, paidOut, type RecordedFact, standingEvents } from '../../domain/instrument.js';
import type { Exponents } from '../../domain/money.js';
import { dayOrNull, moneyOf } from '../../http/wire.js';
import type { InstrumentEvent } from '../../platform/db.js';
import type { InstrumentAnswer, InstrumentEventAnswer } from './instruments.schema.js';
import { factOf, type InstrumentWithEvents } from './instruments.store.js';
import { figuresAnswer, keptTerms, rulesOf } from './terms.js';

/** An instrument as it is answered, with its chain of events. */
export function instrumentAnswerOf(row: InstrumentWithEvents, exponents: Exponents): InstrumentAnswer {
  const { id, reference, currency, nameFr, nameEn, providerId, holderId, countries, replicaOfId, description, recordedBy, version } = row;
  const kept = keptTerms(row);
  const dates = { startsOn: toDay(row.startsOn), endsOn: dayOrNull(row.endsOn) };
  const facts = row.events.map(factOf);
  const standing = standingEvents(facts);
  const { mostMinor } = rulesOf({ ...kept, currency, ...dates }, exponents);
  const money = (minor: bigint) => moneyOf(minor, currency, exponents);
  return {
    id, reference, mechanism: kept.mechanism, currency, nameFr, nameEn, providerId, holderId, countries, ...dates, terms: kept.terms, replicaOfId, description, // prettier-ignore
    evidence: { reference: row.evidenceReference, link: row.evidenceLink },
    figures: figuresAnswer(kept, currency, exponents),
    costs: money(standing.reduce((sum, { kind, amountMinor }) => (kind === 'cost' ? sum + (amountMinor ?? 0n) : sum), 0n)),
    paidOut: money(paidOut(standing)),
    leftToPayOut: mostMinor === null ? null : money(mostMinor - paidOut(standing)),
    events: row.events.map((event) => eventAnswerOf(event, facts, exponents)),
    recordedBy,
    recordedAt: row.createdAt.toISOString(),
    version,
  };
}

/** An event as it is answered; `facts` are those of its instrument. */
export function eventAnswerOf(row: InstrumentEvent, facts: readonly RecordedFact[], exponents: Exponents): InstrumentEventAnswer {
  const fact = factOf(row);
  const { id, kind, followsId, undoesId, occurredOn, observed, release, commitmentId } = fact;
  const { sincePrevious, sinceTrigger } = chainDays(fact, facts);
  return {
    id, kind, followsId, undoesId, undone: facts.some((other) => other.undoesId === id), occurredOn, observed, release, // prettier-ignore
    amount: row.amountMinor === null || row.currency === null ? null : moneyOf(row.amountMinor, row.currency, exponents),
    commitmentId,
    description: row.description,
    source: row.source,
    daysSincePrevious: sincePrevious,
    daysSinceTrigger: sinceTrigger,
    recordedBy: row.recordedBy,
    recordedAt: row.recordedAt.toISOString(),
  };
}
