import type { Day } from '../../domain/days.js';
import { chainDays, type RecordedFact, standingEvents } from '../../domain/instrument.js';
import { atPromiseRate, committedOf, delayOf, dueOf, paidOf, promiseDays, sumOf } from '../../domain/mechanism-figures.js';
import { type Exponents } from '../../domain/money.js';
import { executionRate, noSums, ratioOf, type Sums } from '../../domain/report.js';
import { derivedFigures } from '../instruments/terms.js';
import type { MechanismRow } from './mechanism-figures.schema.js';
import { type Converter, type FundCosts, type InstrumentFigures, type ValuationRow, withinDays } from './mechanism-figures.store.js';
import type { FlowFilter, PromiseRow } from './promises.store.js';

/** What the row of a mechanism is made of. */
export interface MechanismFacts {
  readonly sums: Sums;
  readonly inKind: Sums;
  readonly technicalAssistance: Sums;
  readonly valuations: readonly ValuationRow[];
  /** Pledges with all that became of them, and commitments without one that have a plan of payment; all with a rate. */
  readonly promises: readonly PromiseRow[];
  /** Those for the states asked for. */
  readonly instruments: readonly InstrumentFigures[];
  /** Of the pooled funds; null where they cannot be seen, or for another mechanism. */
  readonly fundCosts: FundCosts | null;
}

/** How the figures of every row are written. */
export interface RowForm {
  readonly today: Day;
  readonly filter: FlowFilter;
  readonly exponents: Exponents;
  readonly convert: Converter;
  readonly write: (minor: bigint) => string;
}

/** Mechanisms whose instruments pay out. */
const paysOut: ReadonlySet<string> = new Set(['insurance_payout', 'anticipatory_action']);

/** The figures of one mechanism. */
export function mechanismRowOf(mechanism: string, facts: MechanismFacts, form: RowForm): MechanismRow {
  const { sums, promises, instruments } = facts;
  return {
    mechanism,
    ...sumsOf(sums, form),
    promises: promiseFigures(promises, form),
    days: { ...promiseDays(promises.filter(({ isPledge }) => isPledge)), ...eventDays(instruments, form.filter) },
    predictability: predictabilityOf(promises, form),
    cost: costOf(mechanism, facts, instruments, form),
    ...derivedOf(instruments, form),
    inKind: valuedOf('in_kind', facts.inKind, facts.valuations, form),
    technicalAssistance: valuedOf('technical_assistance', facts.technicalAssistance, facts.valuations, form),
    instrumentIds: instruments.map(({ id }) => id),
    links: linksOf(mechanism, form.filter),
  };
}

/** The three amounts with their rate. */
export function sumsOf(sums: Sums, { write }: Pick<RowForm, 'write'>) {
  const { pledged, committed, disbursed, lines } = sums;
  return { pledged: write(pledged), committed: write(committed), disbursed: write(disbursed), executionRate: executionRate(sums), lines };
}

function promiseFigures(promises: readonly PromiseRow[], { write }: RowForm): MechanismRow['promises'] {
  const pledges = promises.filter(({ isPledge }) => isPledge);
  const pledged = sumOf(pledges.map(({ reportMinor }) => reportMinor));
  const converted = sumOf(pledges.map((one) => atPromiseRate(one, committedOf(one))));
  const paid = sumOf(pledges.map((one) => atPromiseRate(one, paidOf(one))));
  return {
    pledges: pledges.length,
    pledged: write(pledged),
    converted: write(converted),
    paid: write(paid),
    conversionRate: ratioOf(converted, pledged),
    fulfilmentRate: ratioOf(paid, pledged),
  };
}

function eventDays(instruments: readonly InstrumentFigures[], filter: FlowFilter) {
  const standing = instruments.flatMap(({ events }) => {
    const those = standingEvents(events);
    return those.filter(({ occurredOn }) => withinDays(occurredOn, filter)).map((event) => ({ event, ...chainDays(event, those) }));
  });
  const days = (kind: RecordedFact['kind'], of: 'sincePrevious' | 'sinceTrigger') =>
    delayOf(standing.flatMap((one) => (one.event.kind === kind && one[of] !== null ? [{ value: one[of], weight: 1n }] : [])));
  return {
    triggerToActivation: days('activation', 'sincePrevious'),
    activationToPayout: days('payout', 'sincePrevious'),
    triggerToPayout: days('payout', 'sinceTrigger'),
  };
}

function predictabilityOf(promises: readonly PromiseRow[], { today, write }: RowForm): MechanismRow['predictability'] {
  const due = promises.flatMap((one) => dueOf(one, today) ?? []);
  if (due.length === 0) return null;
  const planned = sumOf(due.map(({ plannedMinor }) => plannedMinor));
  const actual = sumOf(due.map(({ actualMinor }) => actualMinor));
  const instalments = due.reduce((sum, one) => sum + one.instalments, 0);
  return { instalments, planned: write(planned), actual: write(actual), rate: ratioOf(planned - actual, planned) };
}

function costOf(mechanism: string, { sums, fundCosts }: MechanismFacts, instruments: readonly InstrumentFigures[], form: RowForm): MechanismRow['cost'] {
  const cost = (definition: NonNullable<MechanismRow['cost']>['definition'], costs: bigint, whole: bigint) =>
    ({ definition, costs: form.write(costs), whole: form.write(whole), share: ratioOf(costs, whole) });
  if (mechanism === 'pooled_fund') {
    return fundCosts === null || fundCosts.deposits === 0n ? null : cost('fund_charges', fundCosts.charges, fundCosts.deposits);
  }
  const costs = eventSum(instruments, 'cost', form);
  if (costs === 0n) return null;
  if (paysOut.has(mechanism)) return cost('of_payouts', costs, costs + eventSum(instruments, 'payout', form));
  return cost('of_disbursed', costs, costs + sums.disbursed);
}

function eventSum(instruments: readonly InstrumentFigures[], kind: RecordedFact['kind'], { filter, convert }: RowForm): bigint {
  return sumOf(
    instruments.flatMap(({ currency, events }) =>
      standingEvents(events)
        .filter((event) => event.kind === kind && withinDays(event.occurredOn, filter))
        .map(({ amountMinor, occurredOn }) => convert(amountMinor ?? 0n, currency, occurredOn) ?? 0n),
    ),
  );
}

/** Loans with their grant element, debt swaps with their discount. */
function derivedOf(instruments: readonly InstrumentFigures[], { filter, exponents, convert, write }: RowForm): Pick<MechanismRow, 'loans' | 'swaps'> {
  const derived = instruments
    .filter(({ startsOn }) => withinDays(startsOn, filter))
    .flatMap((one) => {
      const figures = derivedFigures(one, exponents);
      const amount = (minor: bigint) => convert(minor, one.currency, one.startsOn);
      return figures === null || amount(figures.faceMinor) === null ? [] : [{ figures, amount: (minor: bigint) => amount(minor) ?? 0n }];
    });
  const loans = derived.flatMap(({ figures, amount }) => (figures.kind === 'loan' ? [{ face: amount(figures.faceMinor), grant: amount(figures.grantElementMinor) }] : []));
  const swaps = derived.flatMap(({ figures, amount }) =>
    figures.kind === 'swap' ? [{ face: amount(figures.faceMinor), discount: amount(figures.discountMinor), released: amount(figures.releasedMinor) }] : [],
  );
  const loanFace = sumOf(loans.map(({ face }) => face));
  const grant = sumOf(loans.map((loan) => loan.grant));
  const swapFace = sumOf(swaps.map(({ face }) => face));
  const released = sumOf(swaps.map((swap) => swap.released));
  return {
    loans: loans.length === 0 ? null : { count: loans.length, faceValue: write(loanFace), grantElement: write(grant), share: ratioOf(grant, loanFace) },
    swaps:
      swaps.length === 0
        ? null
        : {
            count: swaps.length,
            faceValue: write(swapFace),
            discount: write(sumOf(swaps.map(({ discount }) => discount))),
            releasedFunds: write(released),
            releasedShare: ratioOf(released, swapFace),
          },
  };
}

function valuedOf(type: ValuationRow['contribution_type'], sums: Sums, valuations: readonly ValuationRow[], { write }: RowForm): MechanismRow['inKind'] {
  if (sums === noSums) return null;
  const sources = valuations.flatMap(({ contribution_type, source, commitments, committed }) => (contribution_type === type ? [{ source, commitments, committed: write(committed) }] : []));
  return { pledged: write(sums.pledged), committed: write(sums.committed), disbursed: write(sums.disbursed), sources };
}

function linksOf(mechanism: string, { countries, from, to }: FlowFilter): MechanismRow['links'] {
  const [country, ...others] = countries ?? [];
  const query = new URLSearchParams({
    mechanism,
    ...(country !== undefined && others.length === 0 && { country }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }).toString();
  return { pledges: `/v1/pledges?${query}`, commitments: `/v1/commitments?${query}`, instruments: `/v1/instruments?${query}` };
}
