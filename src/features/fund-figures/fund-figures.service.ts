import type { z } from 'zod';
import { latestLocalDay, toDay } from '../../domain/days.js';
import { meetInstalments, signsOf } from '../../domain/fund-statement.js';
import { formatMinor, exponentOf } from '../../domain/money.js';
import { type Visibility, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import type { RequestContext } from '../../http/endpoint.js';
import { findPage, idColumn, type Page } from '../../http/paging.js';
import { moneyOf } from '../../http/wire.js';
import { asSystem } from '../../platform/tenant.js';
import { familyOf, labelsAt } from '../reports/labels.store.js';
import { liveContext } from '../reports/live-context.js';
import { groupedSums } from '../reports/reports.store.js';
import { attribution } from './attribution.view.js';
import type {
  agreementsQuery,
  AgreementAnswer,
  AttributionAnswer,
  attributionQuery,
  contributionsAnswer,
  contributionsQuery,
  fundEntriesAnswer,
  FundEntriesQuery,
  StatementAnswer,
  statementQuery,
} from './fund-figures.schema.js';
import { type Agreement, creditedByPayment, findAgreements, findOpenPledges, findReachedFund, type FundEntryRow, lineEntries, lineSum, type ReachedFund } from './fund-figures.store.js';
import { instalmentOf, planOf } from './planned-payments.js';
import { fundStatement, seesDonors } from './statement.view.js';

/** @throws NOT_FOUND */
async function reachedFund({ db, actor }: RequestContext, id: string): Promise<ReachedFund> {
  const fund = await asSystem(db, () => findReachedFund(db, visibilityOf(actor), id));
  if (!fund) throw new DomainError('NOT_FOUND', { what: 'pooled_fund' });
  return fund;
}

/** @throws NOT_FOUND, AS_OF_IN_FUTURE */
export async function getStatement(context: RequestContext, fundId: string, { asOf, ...asked }: z.output<typeof statementQuery>): Promise<StatementAnswer> {
  return fundStatement.compute(await liveContext(context, asOf), { fundId, ...asked });
}

/**
 * Opens a line of the statement: the entries that the actor may see, and what all of them come to.
 * @throws NOT_FOUND, AS_OF_IN_FUTURE, CURSOR_INVALID
 */
export async function openLine(context: RequestContext, fundId: string, query: FundEntriesQuery): Promise<z.input<typeof fundEntriesAnswer>> {
  const { db, deps } = context;
  const fund = await reachedFund(context, fundId);
  const { asOf, scope } = await liveContext(context, query.asOf);
  const after = seqOf(query.cursor);
  const { line, donor, partner, state, from, to, limit } = query;
  const { mergedInto } = await labelsAt(db, asOf);
  const family = (id: string | undefined) => (id === undefined ? undefined : familyOf(id, mergedInto));
  const question = { fundId: fund.id, asOf, signs: signsOf(line), donorIds: family(donor), partnerIds: family(partner), state, from, to };
  const rows = await lineEntries(db, question, after, limit + 1);
  const shown = await lineSum(db, question, scope);
  // What one other donor gave is told to nobody who does not see the donors one by one.
  const all = donor !== undefined && !seesDonors(fund, scope) ? shown : await asSystem(db, () => lineSum(db, question, scope));
  const money = (minor: bigint) => moneyOf(minor, fund.currency, deps.reference.exponents);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map((row) => entryOf(row, money)),
    nextCursor: rows.length > limit && last ? String(last.seq) : null,
    asOf,
    sum: { amount: money(all.minor), entries: all.entries },
    notShown: all.entries - shown.entries,
  };
}

/** @throws CURSOR_INVALID */
function seqOf(cursor: string | undefined): bigint {
  if (cursor === undefined) return 0n;
  if (!/^\d{1,18}$/.test(cursor)) throw new DomainError('CURSOR_INVALID', {}, 'cursor');
  return BigInt(cursor);
}

function entryOf(row: FundEntryRow, money: (minor: bigint) => { amount: string; currency: string }): z.input<typeof fundEntriesAnswer>['items'][number] {
  return {
    id: row.id,
    kind: row.kind,
    reference: row.reference,
    description: row.description,
    donorId: row.donor_id,
    partnerId: row.partner_id,
    counterFundId: row.counter_fund_id,
    countries: row.countries,
    sectors: row.sectors,
    plans: row.plans,
    valueDate: row.value_date,
    occurredOn: row.occurred_on,
    recordedAt: row.recorded_at,
    reversal: row.reversal,
    counts: money(row.minor),
  };
}

/**
 * The signed commitments to a fund that the actor may see, each with its planned and its made payments.
 * @throws NOT_FOUND, CURSOR_INVALID
 */
export async function listAgreements(context: RequestContext, fundId: string, query: z.output<typeof agreementsQuery>): Promise<Page<AgreementAnswer>> {
  const { db } = context;
  const fund = await reachedFund(context, fundId);
  const page = await findPage<Agreement>({ ...query, sort: 'recordedAt' }, { recordedAt: idColumn<Agreement>() }, ({ where, orderBy, take }) =>
    findAgreements(db, { AND: [where, { fundId: fund.id, destinationKind: 'fund' }] }, { orderBy, take }),
  );
  const credited = await creditedByPayment(db, page.items.flatMap(({ disbursements }) => disbursements.map(({ id }) => id)));
  return { items: page.items.map((one) => agreementOf(context, one, fund, credited)), nextCursor: page.nextCursor };
}

function agreementOf({ deps, now }: RequestContext, one: Agreement, fund: ReachedFund, credited: ReadonlyMap<string, bigint>): AgreementAnswer {
  const { exponents } = deps.reference;
  const money = (minor: bigint) => moneyOf(minor, one.currency, exponents);
  const { plan, instalments } = planOf(one, latestLocalDay(now));
  return {
    commitmentId: one.id,
    reference: one.reference,
    donorId: one.donorId,
    signedOn: toDay(one.valueDate),
    agreed: money(one.currentMinor),
    paid: money(one.disbursedMinor),
    unpaid: money(one.currentMinor - one.disbursedMinor),
    late: money(instalments.reduce((sum, { unpaid, daysLate }) => (daysLate > 0 ? sum + unpaid : sum), 0n)),
    plan,
    instalments: instalments.map(({ number, dueOn, minor, paid, unpaid, daysLate }) => ({ number, dueOn, amount: money(minor), paid: money(paid), unpaid: money(unpaid), daysLate })),
    deposits: one.disbursements.map(({ id, reference, valueDate, amountMinor }) => {
      const own = credited.get(id);
      return { disbursementId: id, reference, valueDate: toDay(valueDate), amount: money(amountMinor), credited: own === undefined ? null : moneyOf(own, fund.currency, exponents) };
    }),
  };
}

/** @throws AS_OF_IN_FUTURE, FUND_CIRCLE */
export async function getAttribution(context: RequestContext, query: z.output<typeof attributionQuery>): Promise<AttributionAnswer> {
  const { donorId, fundId, country, asOf, ...asked } = query;
  const list = (id: string | undefined) => (id === undefined ? undefined : [id]);
  return attribution.compute(await liveContext(context, asOf), { ...asked, donorIds: list(donorId), fundIds: list(fundId), countries: list(country) });
}

/**
 * A donor's own money: promised, committed, paid in, where it went, what is still in a fund, what is due next.
 * @throws FORBIDDEN for whoever is no donor, FUND_CIRCLE
 */
export async function getOwnContributions(context: RequestContext, { currency }: z.output<typeof contributionsQuery>): Promise<z.input<typeof contributionsAnswer>> {
  const { db, deps, actor } = context;
  if (!actor.roles.includes('donor')) throw new DomainError('FORBIDDEN', { roles: 'donor' });
  const base = await liveContext(context);
  const donorIds = actor.organisationIds;
  const scope: Visibility = { all: false, states: [], donorIds, restricted: actor.seesRestricted };
  const { rows, notes, labels } = await attribution.compute({ ...base, scope }, { currency });
  const cells = await groupedSums(db, { groupBy: ['donor'], currency, asOf: base.asOf, filters: { restricted: 'included' }, scope });
  const write = (minor: bigint) => formatMinor(minor, exponentOf(currency, deps.reference.exponents));
  const sum = (stage: 'pledged' | 'committed' | 'disbursed') => write(cells.reduce((total, { sums }) => total + sums[stage], 0n));
  return {
    asOf: base.asOf,
    currency,
    promised: sum('pledged'),
    committed: sum('committed'),
    paid: sum('disbursed'),
    money: rows[0] ?? null,
    due: await duePayments(context, donorIds),
    notes,
    labels,
  };
}

/** Planned payments that are not met: of firm promises, and of announcements that no commitment fulfils yet. */
async function duePayments({ db, deps, now }: RequestContext, donorIds: readonly string[]): Promise<z.input<typeof contributionsAnswer>['due']> {
  const today = latestLocalDay(now);
  const commitments = (await findAgreements(db, { donorId: { in: [...donorIds] } })).map((one) => ({ stage: 'commitment' as const, one, ...planOf(one, today) }));
  const pledges = (await findOpenPledges(db, donorIds)).map((one) => ({
    stage: 'pledge' as const,
    one,
    instalments: meetInstalments(one.instalments.map(instalmentOf), one.amountMinor, 0n, today),
  }));
  return [...commitments, ...pledges]
    .flatMap(({ stage, one, instalments }) =>
      instalments
        .filter(({ unpaid }) => unpaid > 0n)
        .map(({ dueOn, unpaid, daysLate }) => ({
          stage,
          recordId: one.id,
          reference: one.reference,
          fundId: one.fundId,
          dueOn,
          unpaid: moneyOf(unpaid, one.currency, deps.reference.exponents),
          daysLate,
        })),
    )
    .sort((a, b) => (a.dueOn === b.dueOn ? (a.reference < b.reference ? -1 : 1) : a.dueOn < b.dueOn ? -1 : 1));
}
