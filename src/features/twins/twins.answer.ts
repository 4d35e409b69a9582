import { formatMinor, type Exponents } from '../../domain/money.js';
import type { Differences } from '../../domain/twins.js';
import { moneyOf } from '../../http/wire.js';
import type { DifferencesAnswer, SettlementAnswer, SideAnswer } from './twins.schema.js';
import type { LastSettlement, TwinSide } from './twins.store.js';

export function sideAnswerOf(side: TwinSide, exponents: Exponents): SideAnswer {
  const { id, source, reference, donorId, countries, recipientId, valueDate, receivedOn, references, description, restricted, status } = side;
  return {
    id,
    source,
    reference,
    donorId,
    countries: [...countries],
    recipientId,
    amount: moneyOf(side.amountMinor, side.currency, exponents),
    amountUsd: side.usdMinor === null ? null : moneyOf(side.usdMinor, 'USD', exponents),
    valueDate,
    receivedOn,
    references: [...references],
    description,
    restricted,
    status,
  };
}

export function differencesAnswerOf({ amountMinor, currency, amountShare, days, reference, states }: Differences, exponents: Exponents): DifferencesAnswer {
  return {
    amount: amountMinor === null ? null : moneyOf(amountMinor, currency, exponents),
    amountPercent: amountShare === null ? null : formatMinor(BigInt(amountShare), 2),
    days,
    reference,
    states,
  };
}

/** A settlement that is the last word on its pair; its differences are kept as they are answered. */
export function settlementAnswerOf(settlement: LastSettlement, restricted: boolean): SettlementAnswer {
  const { id, disbursementId, statementId, importedId, same, reason, differences, inForce, settledBy, settledAt } = settlement;
  return {
    id,
    disbursementId,
    statementId,
    importedId,
    decision: same ? 'same' : 'different',
    reason,
    differences: differences as DifferencesAnswer,
    inForce,
    restricted,
    settledBy,
    settledAt: settledAt.toISOString(),
  };
}
