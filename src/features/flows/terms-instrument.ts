import { DomainError } from '../../domain/problem.js';
import type { Tx } from '../../platform/db.js';

/**
 * Lets an instrument pass that the actor sees, that is of the flow's mechanism and that covers its states.
 * @throws CODE_UNKNOWN, INSTRUMENT_MISMATCH
 */
export async function checkInstrument(db: Tx, id: string, flow: { readonly mechanism: string; readonly countries: readonly string[] }): Promise<void> {
  const instrument = await db.instrument.findUnique({ where: { id }, select: { reference: true, mechanism: true, countries: true } });
  if (!instrument) throw new DomainError('CODE_UNKNOWN', { code: id, list: 'instruments' }, 'instrumentId');
  const { reference, mechanism, countries } = instrument;
  if (mechanism === flow.mechanism && flow.countries.every((code) => countries.includes(code))) return;
  const found = { foundMechanism: flow.mechanism, foundCountries: flow.countries.join(', ') || '-' };
  throw new DomainError('INSTRUMENT_MISMATCH', { reference, mechanism, countries: countries.join(', '), ...found }, 'instrumentId');
}
