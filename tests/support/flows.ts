import type { Test } from 'supertest';
import { Prisma } from '../../src/platform/db.js';
import type { Client, TestApp } from './app.js';
import { flowBody, type FlowOptions, pay, type People } from './ledger.js';

export type Stage = 'pledge' | 'commitment' | 'disbursement';
/** What is decided by a second person. */
export type Decided = 'amendments' | 'disbursements' | 'reversals';

/** A record as it is answered. */
export interface Answered {
  readonly id: string;
  readonly [field: string]: unknown;
}

export const eur = (amount: string) => ({ amount, currency: 'EUR' });

/** The destination of a flow that Mali and Niger share without a split, and of one for Niger alone. */
export const SHARED: FlowOptions = { splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } };
export const NIGER: FlowOptions = { splits: { country: [{ code: 'NER' }] } };

/** Bodies of requests; the value dates follow each other: pledge, commitment, payment, amendment. */
export const bodies = {
  commitmentOf: (pledgeId: string, amount: string, more: object = {}) => ({ pledgeId, amount: eur(amount), valueDate: '2025-03-20', ...more }),
  payment: (commitmentId: string, amount: string, more: object = {}) => ({ commitmentId, amount: eur(amount), valueDate: '2025-04-10', description: 'Versement', ...more }),
  amendment: (delta: string, more: object = {}) => ({ delta: eur(delta), valueDate: '2025-05-10', reason: 'Avenant signé', ...more }),
  reversal: (stage: Stage, recordId: string) => ({ stage, recordId, reason: 'Saisi par erreur' }),
};

async function idOf(test: Test): Promise<string> {
  const { status, body, text } = await test;
  if (status !== 200 && status !== 201) throw new Error(`${status} ${text}`);
  return (body as Answered).id;
}

/** Makes records through the API and gives their ids. Everything is prepared by `second`, who could also approve. */
export class Flows {
  constructor(
    private readonly app: TestApp,
    readonly people: People,
    readonly donorId: string,
  ) {}

  pledge(options: FlowOptions = {}): Promise<string> {
    return this.post('/v1/pledges', flowBody(this.donorId, options));
  }

  commitment(options: FlowOptions = {}): Promise<string> {
    return this.post('/v1/commitments', flowBody(this.donorId, { valueDate: '2025-03-20', ...options }));
  }

  commitmentOf(pledgeId: string, amount: string): Promise<string> {
    return this.post('/v1/commitments', bodies.commitmentOf(pledgeId, amount));
  }

  draft(commitmentId: string, amount: string): Promise<string> {
    return this.post('/v1/disbursements', bodies.payment(commitmentId, amount));
  }

  async submitted(commitmentId: string, amount: string): Promise<string> {
    return this.act(`/v1/disbursements/${await this.draft(commitmentId, amount)}/submit`);
  }

  async paid(commitmentId: string, amount: string): Promise<string> {
    return (await pay(this.people, commitmentId, amount)).id;
  }

  amendment(commitmentId: string, delta: string, more: object = {}): Promise<string> {
    return this.post(`/v1/commitments/${commitmentId}/amendments`, bodies.amendment(delta, more));
  }

  reversal(stage: Stage, recordId: string): Promise<string> {
    return this.post('/v1/reversals', bodies.reversal(stage, recordId));
  }

  approve(what: Decided, id: string): Promise<string> {
    return this.act(`/v1/${what}/${id}/approve`, {}, this.people.approver);
  }

  reject(what: Decided, id: string): Promise<string> {
    return this.act(`/v1/${what}/${id}/reject`, { reason: 'Pièce manquante' }, this.people.approver);
  }

  async amend(commitmentId: string, delta: string, more: object = {}): Promise<string> {
    return this.approve('amendments', await this.amendment(commitmentId, delta, more));
  }

  async reverse(stage: Stage, recordId: string): Promise<string> {
    return this.approve('reversals', await this.reversal(stage, recordId));
  }

  async read(path: string, by = this.people.officer): Promise<Answered> {
    return (await by.get(path).expect(200)).body as Answered;
  }

  post(path: string, body: object = {}, by: Client = this.people.second): Promise<string> {
    return idOf(by.post(path, body));
  }

  act(path: string, body: object = {}, by: Client = this.people.second): Promise<string> {
    return idOf(by.act(path, body));
  }

  /** What entries come to in the journal, in minor units by stage; a stage that cancels out in every currency is not there. */
  standing(where: Prisma.Sql): Promise<readonly object[]> {
    return this.app.deps.db.$queryRaw<object[]>`
      SELECT stage::text, sum(amount_minor)::int AS own, sum(usd_minor)::int AS usd, sum(eur_minor)::int AS eur, sum(xof_minor)::int AS xof
      FROM journal_entry WHERE ${where} GROUP BY stage
      HAVING (sum(amount_minor), sum(usd_minor), sum(eur_minor), sum(xof_minor)) <> (0, 0, 0, 0) ORDER BY stage`;
  }

  /** Every row that a request could leave or change, by table. */
  async fingerprint(): Promise<unknown> {
    const tables = ['pledge', 'pledge_instalment', 'commitment', 'commitment_instalment', 'amendment', 'disbursement', 'reversal', 'journal_entry', 'journal_line', 'fund_entry', 'fund_account', 'audit_event', 'idempotency_key', 'outbox'];
    const each = tables.map(
      (table) => Prisma.sql`SELECT ${table} AS name, count(*)::int AS rows, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS content FROM ${Prisma.raw(table)} t`,
    );
    return this.app.deps.db.$queryRaw(Prisma.join(each, ' UNION ALL '));
  }
}
