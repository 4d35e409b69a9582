import type { Test } from 'supertest';
import { newId } from '../../src/platform/ids.js';
import type { Client, TestApp } from './app.js';
import type { Answered } from './flows.js';
import { createOrganisation, flowBody, pay, type People } from './ledger.js';

export interface FundOptions {
  readonly currency?: string;
  readonly countries?: readonly string[];
  readonly feeUnits?: number;
}

export const money = (amount: string, currency = 'EUR') => ({ amount, currency });

/** A day on which everything in these tests may happen. */
export const DAY = '2025-06-10';

/** Makes funds and what happens to them through the API; everything is prepared by an officer and approved by an approver. */
export class Funds {
  constructor(
    readonly app: TestApp,
    readonly people: People,
    readonly donorId: string,
    readonly partnerId: string,
  ) {}

  static async create(app: TestApp, people: People): Promise<Funds> {
    return new Funds(app, people, await createOrganisation(app, 'Exemplie'), await createOrganisation(app, 'Partenaire'));
  }

  async fund({ currency = 'EUR', countries = ['MLI'], feeUnits = 0 }: FundOptions = {}): Promise<string> {
    const id = newId();
    await this.app.deps.db.pooledFund.create({ data: { id, code: id, nameFr: 'Fonds', nameEn: 'Fund', currency, countries: [...countries], feeUnits } });
    return id;
  }

  /** Pays into a fund; gives the payment. */
  async deposit(fundId: string, amount: string, { currency = 'EUR', donorId = this.donorId, windowId = undefined as string | undefined } = {}): Promise<string> {
    const more = { destination: { kind: 'fund', fundId, windowId }, mechanism: 'pooled_fund' };
    const commitment = await this.people.officer.post('/v1/commitments', flowBody(donorId, { amount, currency, splits: {}, more })).expect(201);
    return (await pay(this.people, (commitment.body as Answered).id, amount, { currency })).id;
  }

  /** Prepares an operation. */
  prepare(body: object, by: Client = this.people.officer): Test {
    return by.post('/v1/fund-operations', { valueDate: DAY, description: 'Essai', ...body });
  }

  approve(id: string, by: Client = this.people.approver): Test {
    return by.act(`/v1/fund-operations/${id}/approve`);
  }

  async submitted(body: object): Promise<string> {
    const { status, text, body: answer } = await this.prepare(body);
    if (status !== 201) throw new Error(`${status} ${text}`);
    return (answer as Answered).id;
  }

  /** Prepares and approves an operation. */
  async done(body: object): Promise<string> {
    const id = await this.submitted(body);
    const { status, text } = await this.approve(id);
    if (status !== 200) throw new Error(`${status} ${text}`);
    return id;
  }

  allocationOf(fundId: string, amount: string, more: object = {}): object {
    return { kind: 'allocation', fundId, partnerId: this.partnerId, amount: money(amount), ...more };
  }

  reversalOf(undoesId: string): object {
    return { kind: 'reversal', undoesId, description: 'Saisi par erreur', valueDate: undefined };
  }

  /** The fund's account, in minor units, beside what its book comes to. */
  async account(fundId: string) {
    const [row] = await this.app.deps.db.$queryRaw<[{ income: bigint; allocated: bigint; bookIncome: bigint; bookAllocated: bigint }]>`
      SELECT a.income_minor AS income, a.allocated_minor AS allocated,
        coalesce(sum(CASE WHEN e.kind IN ('deposit', 'from_fund', 'carry_over', 'interest') THEN e.amount_minor
          WHEN e.kind IN ('donor_refund', 'fee', 'direct_cost', 'to_fund') THEN -e.amount_minor ELSE 0 END), 0)::bigint AS "bookIncome",
        coalesce(sum(e.amount_minor) FILTER (WHERE e.kind = 'allocation'), 0)::bigint AS "bookAllocated"
      FROM fund_account a LEFT JOIN fund_entry e ON e.fund_id = a.fund_id WHERE a.fund_id = ${fundId}::uuid GROUP BY a.fund_id`;
    return row;
  }

  /** The account of an allocation, in minor units, beside what its book comes to, and how many of its cells are overdrawn. */
  async allocation(id: string) {
    const [row] = await this.app.deps.db.$queryRaw<[{ allocated: bigint; transferred: bigint; spent: bigint; book: bigint[]; overdrawn: number }]>`
      WITH cell AS (
        SELECT cell, coalesce(sum(amount_minor) FILTER (WHERE kind = 'allocation'), 0)::bigint AS a,
          coalesce(sum(CASE kind WHEN 'transfer' THEN amount_minor WHEN 'refund' THEN -amount_minor END), 0)::bigint AS t,
          coalesce(sum(amount_minor) FILTER (WHERE kind = 'expenditure'), 0)::bigint AS s
        FROM fund_entry WHERE allocation_id = ${id}::uuid GROUP BY cell
      )
      SELECT allocated_minor AS allocated, transferred_minor AS transferred, spent_minor AS spent,
        (SELECT ARRAY[sum(a), sum(t), sum(s)]::bigint[] FROM cell) AS book,
        (SELECT count(*)::int FROM cell WHERE t < 0 OR s < 0 OR t > a OR s > a) AS overdrawn
      FROM allocation_account WHERE allocation_id = ${id}::uuid`;
    return row;
  }
}
