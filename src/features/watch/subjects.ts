import { coverageTable, gapOf } from '../../domain/coverage.js';
import { type Day, daysBetween, fromDay, toDay } from '../../domain/days.js';
import { type Actor, visibilityOf } from '../../domain/policy.js';
import { bothNames, type Reference } from '../../domain/reference.js';
import { keptRecord } from '../../domain/report.js';
import { type FlowProfile, isBelow, isDueSoon, isLate, mayKnow, type NumberedPart, percentOf, unpaidInstalments } from '../../domain/watch.js';
import { minorOf, moneyOf } from '../../http/wire.js';
import type { Commitment, Tx } from '../../platform/db.js';
import { coverageFacts } from '../coverage/coverage-facts.js';
import type { CoverageQuestion } from '../coverage/coverage.schema.js';
import { familyOf, type Labels } from '../reports/labels.store.js';
import type { Condition, ConditionOf } from './condition.schema.js';
import type { Fact, FigureFact, Names } from './notice.schema.js';
import { executionOf, plannedCommitments, plannedPledges, unpaidCommitments } from './watch.store.js';

/** When, and for whom, subjects are looked for. In the system's scope: what the owner may not see is left out here. */
export interface Look {
  readonly tx: Tx;
  readonly reference: Reference;
  readonly labels: Labels;
  /** ISO 8601 with microseconds: what was recorded until then counts. */
  readonly asOf: string;
  readonly today: Day;
  readonly owner: Actor;
}

type WithoutSince<F> = F extends Fact ? Omit<F, 'since'> : never;

/** A subject of a rule: what was found of it, and the flows it is made of, each of which its reader may see. */
export interface Found {
  /** "commitment:<id>:2", "state:MLI". */
  readonly subject: string;
  readonly fact: WithoutSince<Fact>;
  readonly flows: readonly FlowProfile[];
}

/** What meets a condition, among what the owner of the rule may know; the most urgent first. */
export async function findSubjects(look: Look, condition: Condition): Promise<readonly Found[]> {
  const found = await subjectsOf(look, condition);
  const visibility = visibilityOf(look.owner);
  return found.filter(({ flows }) => mayKnow(visibility, flows));
}

function subjectsOf(look: Look, condition: Condition): Promise<readonly Found[]> {
  switch (condition.kind) {
    case 'instalment_due':
      return instalments(look, condition, ({ dueOn }) => isDueSoon(dueOn, look.today, condition.daysBefore));
    case 'instalment_late':
      return instalments(look, condition, ({ dueOn }) => isLate(dueOn, look.today, condition.daysAfter));
    case 'no_payment':
      return withoutPayment(look, condition);
    case 'coverage_below':
      return lowCoverage(look, condition);
    case 'execution_below':
      return lowExecution(look, condition);
    case 'fund_balance_below':
      return lowBalance(look, condition);
  }
}

async function instalments(look: Look, condition: ConditionOf<'instalment_due' | 'instalment_late'>, isMeant: (part: NumberedPart) => boolean): Promise<readonly Found[]> {
  const { kind, states, fundIds, donorIds } = condition;
  const filter = { states, fundIds, donorIds: donorIds?.flatMap((id) => familyOf(id, look.labels.mergedInto)) };
  const commitments = (await plannedCommitments(look.tx, filter)).map((row) => ({ of: 'commitment' as const, row, minor: row.currentMinor, paidMinor: row.disbursedMinor, flows: [row] }));
  const pledges = (await plannedPledges(look.tx, filter)).map((row) => ({
    of: 'pledge' as const,
    row,
    minor: row.amountMinor,
    paidMinor: row.commitments.reduce((sum, { disbursedMinor }) => sum + disbursedMinor, 0n),
    // A payment that the reader does not see would make the pledge look unpaid.
    flows: [row, ...row.commitments],
  }));
  const found = [...commitments, ...pledges].flatMap(({ of, row, minor, paidMinor, flows }) => {
    const plan = { minor, paidMinor, instalments: row.instalments.map((one) => ({ dueOn: toDay(one.dueOn), minor: one.amountMinor })) };
    return unpaidInstalments(plan).filter(isMeant).map((part) => ({
      subject: `${of}:${row.id}:${part.number}`,
      fact: {
        kind,
        of,
        ...promiseFact(look, row),
        dueOn: part.dueOn,
        days: Math.abs(daysBetween(part.dueOn, look.today)),
        amount: moneyOf(part.minor, row.currency, look.reference.exponents),
        unpaid: moneyOf(part.minor - part.paidMinor, row.currency, look.reference.exponents),
      },
      flows: flows.map(profileOf),
    }));
  });
  return found.toSorted((a, b) => (a.fact.dueOn === b.fact.dueOn ? 0 : a.fact.dueOn < b.fact.dueOn ? -1 : 1));
}

async function withoutPayment(look: Look, { days, states }: ConditionOf<'no_payment'>): Promise<readonly Found[]> {
  const latest = new Date(fromDay(look.today).getTime() - days * 86_400_000);
  return (await unpaidCommitments(look.tx, { states, latest })).map((row) => ({
    subject: `commitment:${row.id}`,
    fact: {
      kind: 'no_payment',
      ...promiseFact(look, row),
      committedOn: toDay(row.valueDate),
      days: daysBetween(toDay(row.valueDate), look.today),
      amount: moneyOf(row.currentMinor, row.currency, look.reference.exponents),
    },
    flows: [profileOf(row)],
  }));
}

function promiseFact({ labels, reference }: Look, row: Pick<Commitment, 'id' | 'reference' | 'donorId' | 'countries'>) {
  return {
    id: row.id,
    reference: row.reference,
    donor: bothNames(labels.organisations.get(keptRecord(row.donorId, labels.mergedInto)), row.donorId),
    states: row.countries.map((code) => bothNames(reference.countries.get(code), code)),
  };
}

function profileOf({ countries, donorId, restricted }: FlowProfile): FlowProfile {
  return { countries, donorId, restricted };
}

const CURRENCY = 'USD';

/** Totals of coverage are open to everybody; restricted flows are in none of them. */
async function lowCoverage({ tx, reference, labels, asOf, today }: Look, { threshold, by, code, year }: ConditionOf<'coverage_below'>): Promise<readonly Found[]> {
  const years = [year ?? Number(today.slice(0, 4))];
  const question: CoverageQuestion = { groupBy: 'plan', currency: CURRENCY, ...(by === 'state' ? { countries: [code], years } : { plans: [code] }) };
  const { plans, selection, profiles } = await coverageFacts({ tx, reference, asOf, restricted: false, later: false }, question);
  const { total } = coverageTable('plan', plans, selection, profiles);
  const { fr, en } = bothNames((by === 'state' ? reference.countries : labels.plans).get(code), code);
  const [what, subject] = by === 'state' ? [{ fr: `${fr} ${years.join()}`, en: `${en} ${years.join()}` }, `state:${code}:${years.join()}`] : [{ fr, en }, `plan:${code}`];
  const figure = figureFact(reference, 'coverage_below', what, total.direct + total.throughFunds, total.requirements ?? 0n, threshold);
  return figure.map((fact) => ({ subject, fact, flows: [] }));
}

async function lowExecution({ tx, reference, labels, asOf, owner }: Look, { threshold, by, code, from }: ConditionOf<'execution_below'>): Promise<readonly Found[]> {
  const scope = { ...visibilityOf(owner), restricted: false };
  const whose = by === 'donor' ? familyOf(code, labels.mergedInto) : [code];
  const { committed, disbursed, flows } = await executionOf(tx, { asOf, scope, by, codes: whose, from });
  const named = { state: reference.countries, donor: labels.organisations, fund: labels.funds }[by].get(by === 'donor' ? keptRecord(code, labels.mergedInto) : code);
  const figure = figureFact(reference, 'execution_below', bothNames(named, code), disbursed, committed, threshold);
  return figure.map((fact) => ({ subject: `${by}:${code}`, fact, flows }));
}

function figureFact(
  { exponents }: Reference,
  kind: FigureFact['kind'],
  what: Names,
  part: bigint,
  whole: bigint,
  threshold: string,
): readonly WithoutSince<FigureFact>[] {
  if (!isBelow(part, whole, threshold)) return [];
  const money = (minor: bigint) => moneyOf(minor, CURRENCY, exponents);
  return [{ kind, what, part: money(part), whole: money(whole), gap: money(gapOf(part, whole) ?? 0n), percent: percentOf(part, whole) }];
}

/** The account of a fund is open to who works for one of its states. */
async function lowBalance({ tx, reference, labels }: Look, { fundId, threshold }: ConditionOf<'fund_balance_below'>): Promise<readonly Found[]> {
  const fund = await tx.pooledFund.findUniqueOrThrow({ where: { id: fundId } });
  if (fund.status === 'closed') return [];
  const account = await tx.fundAccount.findUnique({ where: { fundId } });
  const available = account ? account.incomeMinor - account.allocatedMinor : 0n;
  if (available >= minorOf(threshold, reference.exponents)) return [];
  const fact = { kind: 'fund_balance_below' as const, what: bothNames(labels.funds.get(fundId) ?? fund, fund.code), available: moneyOf(available, fund.currency, reference.exponents) };
  return [{ subject: `fund:${fundId}`, fact, flows: [{ countries: fund.countries, donorId: '', restricted: false }] }];
}
