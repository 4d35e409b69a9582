import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client as Sql, Pool } from 'pg';
import { approvalRights, checkPermission, checkStateScope, isVisible, type Role, roles, toActor, visibilityOf } from '../../src/domain/policy.js';
import { signAccessToken } from '../../src/http/access-token.js';
import { newId } from '../../src/platform/ids.js';
import type { EnteredActor } from '../../src/platform/tenant.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody } from '../support/ledger.js';
import { type ActorRights, canApprove, canSee, canWrite } from '../support/two-tenants.js';

/** Each lane runs its histories one after another; together they are a thousand. */
const LANES = [
  { seed: 20_250_807, histories: 312, over: 'sql' },
  { seed: 20_250_808, histories: 312, over: 'sql' },
  { seed: 20_250_809, histories: 312, over: 'sql' },
  { seed: 20_261_124, histories: 64, over: 'http' },
] as const;
const [FEWEST, MOST] = [10, 25];
const PEOPLE = 3;
const DONORS = 4;
const STATES = ['BFA', 'MLI', 'NER'] as const;

const acts = [
  'roles', 'roles', 'roles', 'states', 'states', 'organisation', 'organisation', 'seesRestricted', 'suspend', 'activate', 'activate', 'merge', 'flow', 'flow', 'restrict',
  'delegate', 'delegate', 'endDelegation', 'endSession', 'signIn', 'signIn',
] as const;

/** What changes, and who then reads and writes what. */
interface Command {
  readonly act: (typeof acts)[number];
  readonly who: number;
  readonly other: number;
  readonly roles: readonly Role[];
  readonly states: readonly string[];
  readonly flag: boolean;
  readonly asker: number;
  readonly asked: number;
}

const small = fc.nat({ max: 59 });
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.record({
    act: fc.constantFrom(...acts),
    who: small,
    other: small,
    roles: fc.oneof({ arbitrary: fc.subarray([...roles], { minLength: 1, maxLength: 2 }), weight: 6 }, fc.constant([])),
    states: fc.oneof({ arbitrary: fc.subarray([...STATES], { minLength: 1 }), weight: 8 }, fc.constant([])),
    flag: fc.boolean(),
    asker: small,
    asked: small,
  }),
  { minLength: FEWEST, maxLength: MOST },
);

interface Person {
  readonly id: string;
  roles: readonly Role[];
  states: readonly string[];
  donor: number | null;
  seesRestricted: boolean;
  active: boolean;
  sessionId: string;
  signedIn: boolean;
}

interface Flow {
  readonly id: string;
  readonly donor: number;
  readonly states: readonly string[];
  restricted: boolean;
}

interface Delegation {
  readonly id: string;
  readonly from: Person;
  readonly to: Person;
  ended: boolean;
}

/** Who may what, as simply as it can be said. */
class Model {
  readonly people: Person[] = [];
  readonly donorIds: string[] = [];
  readonly mergedInto: (number | null)[] = [];
  readonly flows: Flow[] = [];
  readonly delegations: Delegation[] = [];

  keptAs(donor: number): number {
    const into = this.mergedInto[donor] ?? null;
    return into === null ? donor : this.keptAs(into);
  }

  rightsOf(person: Person): ActorRights {
    const mayReceive = person.roles.some((role) => role === 'finance_officer' || role === 'approver');
    const received = this.delegations.filter(({ from, to, ended }) => to === person && !ended && from.active && from.roles.includes('approver'));
    const kept = person.donor === null ? null : this.keptAs(person.donor);
    return {
      known: person.active && person.signedIn,
      roles: person.roles,
      states: person.states,
      delegations: mayReceive ? received.map(({ from }) => from.states) : [],
      donorIds: this.donorIds.filter((_, donor) => kept !== null && this.keptAs(donor) === kept),
      seesRestricted: person.seesRestricted,
    };
  }

  termsOf(flow: Flow) {
    return { donorId: this.donorIds[flow.donor]!, states: flow.states, restricted: flow.restricted };
  }
}

let app: TestApp;
let superuser: Pool;
let server: Server;
let address: string;
let template: string;
let draft: object;
const counted = { histories: 0, commands: 0, reads: 0, writes: 0, shown: 0, taken: 0 };

beforeAll(async () => {
  app = await startTestApp();
  superuser = new Pool({ connectionString: app.database.superuserUrl, max: 4 });
  server = createServer(app.app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const quote of ['USD', 'XOF']) await addRate(app, quote, '2025-01-02', quote === 'USD' ? '1.0371' : '655.957');
  const { officer } = await createPeople(app);
  const donorId = await createOrganisation(app, 'Modèle');
  template = ((await officer.post('/v1/commitments', flowBody(donorId, { amount: '1000000.00' })).expect(201)).body as { id: string }).id;
  const payment = { commitmentId: template, amount: { amount: '1.00', currency: 'EUR' }, valueDate: '2025-04-10', description: 'Versement' };
  const { id } = (await officer.post('/v1/disbursements', payment).expect(201)).body as { id: string };
  draft = (await superuser.query<{ row: object }>('SELECT to_jsonb(d) AS row FROM disbursement d WHERE id = $1', [id])).rows[0]!.row;
  // One statement is one transaction: whom a session lets in, whether they are shown a commitment, and whether they may add to it.
  await superuser.query(`CREATE FUNCTION ask(entering uuid, flow uuid, r jsonb, OUT entered jsonb, OUT shown boolean, OUT taken boolean) LANGUAGE plpgsql AS $$
    BEGIN
      entered := to_jsonb(enter_session(entering));
      shown := EXISTS (SELECT FROM commitment WHERE id = flow);
      BEGIN
        INSERT INTO disbursement SELECT (jsonb_populate_record(NULL::disbursement, r)).*;
        RAISE EXCEPTION USING ERRCODE = 'TT000';
      EXCEPTION WHEN OTHERS THEN
        IF SQLSTATE NOT IN ('TT000', '42501') THEN
          RAISE;
        END IF;
        taken := SQLSTATE = 'TT000';
      END;
    END $$`);
});
afterAll(async () => {
  const { histories, commands: done, reads, writes, shown, taken } = counted;
  console.log(`${histories} histories, seeds ${LANES.map(({ seed }) => seed).join(', ')}: ${done} changes of rights; of ${reads} reads ${shown} were shown, of ${writes} writes ${taken} taken`);
  await new Promise((resolve) => server.close(resolve));
  await superuser.end();
  await app.close();
});

async function tell(statement: string, values: unknown[]): Promise<void> {
  await superuser.query(statement, values);
}

/** A history of its own people, donors and flows, told to the database and to the model at once. */
class History {
  readonly model = new Model();

  constructor(private readonly sql: Sql) {}

  async begin(): Promise<void> {
    const { model } = this;
    for (let n = 0; n < DONORS; n += 1) {
      model.donorIds.push(newId());
      model.mergedInto.push(null);
    }
    await superuser.query(`INSERT INTO organisation (id, name, type, roles) SELECT id, 'Bailleur', '10', '{donor}' FROM unnest($1::uuid[]) id`, [model.donorIds]);
    for (const [role, state] of [['finance_officer', 'MLI'], ['approver', 'NER'], ['minister', 'BFA']] as const) {
      model.people.push({ id: newId(), roles: [role], states: [state], donor: null, seesRestricted: false, active: true, sessionId: newId(), signedIn: true });
    }
    const ids = model.people.map(({ id }) => id);
    await superuser.query(
      `INSERT INTO app_user (id, email, name, roles, states) SELECT id, id || '@rights.liptako', 'Personne', ARRAY[role]::user_role[], ARRAY[state]
       FROM unnest($1::uuid[], $2::text[], $3::text[]) AS p(id, role, state)`,
      [ids, model.people.map((person) => person.roles[0]), model.people.map((person) => person.states[0])],
    );
    await superuser.query(OPEN_SESSIONS, [ids, model.people.map(({ sessionId }) => sessionId)]);
    await this.addFlow(0, ['MLI'], false);
    await this.addFlow(1, ['MLI', 'NER'], false);
    await this.addFlow(2, ['NER'], true);
  }

  /** Changes both. */
  async perform({ act, who, other, roles: held, states, flag }: Command): Promise<void> {
    const { model } = this;
    const person = model.people[who % PEOPLE]!;
    const second = model.people[other % PEOPLE]!;
    const set = (column: string, value: unknown) => tell(`UPDATE app_user SET ${column} = $2 WHERE id = $1`, [person.id, value]);
    switch (act) {
      case 'roles':
        person.roles = held;
        return set('roles', `{${held.join(',')}}`);
      case 'states':
        person.states = states;
        return set('states', states);
      case 'organisation':
        person.donor = other % (DONORS + 1) < DONORS ? other % (DONORS + 1) : null;
        return set('organisation_id', person.donor === null ? null : model.donorIds[person.donor]);
      case 'seesRestricted':
        person.seesRestricted = flag;
        return set('sees_restricted', flag);
      case 'suspend':
      case 'activate':
        person.active = act === 'activate';
        return set('active', person.active);
      case 'merge':
        return this.merge(who % DONORS, other % DONORS);
      case 'flow':
        return this.addFlow(who % DONORS, states, flag);
      case 'restrict': {
        const flow = model.flows[who % model.flows.length]!;
        flow.restricted = flag;
        return tell('UPDATE commitment SET restricted = $2 WHERE id = $1', [flow.id, flag]);
      }
      case 'delegate': {
        const runs = model.delegations.some(({ from, to, ended }) => from === person && to === second && !ended);
        if (person === second || runs) return;
        const delegation = { id: newId(), from: person, to: second, ended: false };
        model.delegations.push(delegation);
        return tell(
          `INSERT INTO delegation (id, from_user_id, to_user_id, starts_on, ends_on, reason, created_by) VALUES ($1, $2, $3, now() - interval '1 day', now() + interval '9 days', 'Mission', $2)`,
          [delegation.id, person.id, second.id],
        );
      }
      case 'endDelegation': {
        const running = model.delegations.filter(({ ended }) => !ended);
        const delegation = running[who % running.length];
        if (!delegation) return;
        delegation.ended = true;
        return tell('UPDATE delegation SET revoked_by = from_user_id, revoked_at = now() WHERE id = $1', [delegation.id]);
      }
      case 'endSession':
        person.signedIn = false;
        return tell(`UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE user_id = $1 AND ended_at IS NULL`, [person.id]);
      case 'signIn':
        person.signedIn = true;
        person.sessionId = newId();
        return tell(OPEN_SESSIONS, [[person.id], [person.sessionId]]);
    }
  }

  private async merge(from: number, into: number): Promise<void> {
    const [source, target] = [this.model.keptAs(from), this.model.keptAs(into)];
    if (source === target) return;
    this.model.mergedInto[source] = target;
    await superuser.query('UPDATE organisation SET merged_into_id = $2 WHERE id = $1', [this.model.donorIds[source], this.model.donorIds[target]]);
  }

  private async addFlow(donor: number, states: readonly string[], restricted: boolean): Promise<void> {
    const flow = { id: newId(), donor, states, restricted };
    this.model.flows.push(flow);
    const changes = { id: flow.id, reference: flow.id, donor_id: this.model.donorIds[donor], countries: states, splits: { country: states.map((code) => ({ code })) }, restricted };
    await superuser.query('INSERT INTO commitment SELECT (jsonb_populate_record(c, $2::jsonb)).* FROM commitment c WHERE id = $1', [template, JSON.stringify(changes)]);
  }

  /** A random actor reads and writes a random record: straight in SQL and by the application's rules, both as the model says. */
  async askInSql({ asker, asked }: Command): Promise<void> {
    const { person, rights, flow, terms } = this.pick(asker, asked);
    const row = { ...draft, id: newId(), reference: newId(), commitment_id: flow.id };
    const values = [person.sessionId, flow.id, JSON.stringify(row)];
    const { rows } = await this.sql.query<{ entered: EnteredActor | null; shown: boolean; taken: boolean }>({ name: 'ask', text: 'SELECT * FROM ask($1, $2, $3)', values });
    const { entered, shown, taken } = rows[0]!;
    const mayRecord = rights.roles.some((role) => role === 'finance_officer' || role === 'approver') && canSee(rights, terms);
    expect({ shown, taken }).toEqual({ shown: canSee(rights, terms), taken: mayRecord });
    expect(byTheRules(entered, terms)).toEqual({ shown: canSee(rights, terms), writes: canWrite(rights, terms), approves: canApprove(rights, terms) && canSee(rights, terms) });
    count(shown, taken);
  }

  async askOverHttp({ asker, asked }: Command): Promise<void> {
    const { person, rights, flow, terms } = this.pick(asker, asked);
    const { token } = signAccessToken({ userId: person.id, sessionId: person.sessionId }, app.deps.config);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': newId() };
    const read = await fetch(`${address}/v1/commitments/${flow.id}`, { headers });
    const body = JSON.stringify({ commitmentId: flow.id, amount: { amount: '0.01', currency: 'EUR' }, valueDate: '2025-04-10', description: 'Versement' });
    const write = await fetch(`${address}/v1/disbursements`, { method: 'POST', headers, body });
    const refused = !rights.known ? 401 : rights.roles.length === 0 ? 403 : undefined;
    const seen = canSee(rights, terms);
    const written = !rights.roles.includes('finance_officer') ? 403 : !seen ? 404 : canWrite(rights, terms) ? 201 : 403;
    expect([read.status, write.status]).toEqual([refused ?? (seen ? 200 : 404), refused ?? written]);
    await Promise.all([read.arrayBuffer(), write.arrayBuffer()]);
    count(read.status === 200, write.status === 201);
  }

  private pick(asker: number, asked: number) {
    const person = this.model.people[asker % PEOPLE]!;
    const flow = this.model.flows[asked % this.model.flows.length]!;
    return { person, rights: this.model.rightsOf(person), flow, terms: this.model.termsOf(flow) };
  }
}

const OPEN_SESSIONS = `INSERT INTO session (id, user_id, created_at, last_used_at, expires_at, second_factor_at)
  SELECT s.id, s.user_id, now(), now(), now() + interval '1 hour', now() FROM unnest($1::uuid[], $2::uuid[]) AS s(user_id, id)`;

function count(shown: boolean, taken: boolean): void {
  counted.reads += 1;
  counted.writes += 1;
  counted.shown += Number(shown);
  counted.taken += Number(taken);
}

/** What the application's own table of rights makes of whom the database let in. */
function byTheRules(entered: EnteredActor | null, { donorId, states, restricted }: { donorId: string; states: readonly string[]; restricted: boolean }) {
  if (!entered || (entered.user_id as string | null) === null) return { shown: false, writes: false, approves: false };
  const actor = toActor(entered);
  const flow = { donorId, countries: states, restricted };
  const passes = (...checks: readonly (() => unknown)[]) => {
    try {
      for (const check of checks) check();
      return true;
    } catch {
      return false;
    }
  };
  const shown = isVisible(visibilityOf(actor), flow);
  return {
    shown: passes(() => checkPermission(actor, 'flow:read')) && shown,
    writes: shown && passes(() => checkPermission(actor, 'flow:write'), () => checkStateScope(actor, flow)),
    approves: shown && passes(() => checkPermission(actor, 'flow:approve'), () => approvalRights(actor, flow)),
  };
}

test('whatever happens to people’s rights, the next read and the next write know it', async () => {
  await Promise.all(
    LANES.map(async ({ seed, histories, over }) => {
      const sql = new Sql({ connectionString: app.database.url, options: '-c role=liptako_app -c liptako.scope=request' });
      await sql.connect();
      try {
        await fc.assert(
          fc.asyncProperty(commands, async (list) => {
            const history = new History(sql);
            await history.begin();
            for (const command of list) {
              await history.perform(command);
              await (over === 'sql' ? history.askInSql(command) : history.askOverHttp(command));
            }
            counted.histories += 1;
            counted.commands += list.length;
          }),
          { numRuns: histories, seed, interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true },
        );
      } finally {
        await sql.end();
      }
    }),
  );
  expect(counted.histories).toBe(1000);
  // Neither "always" nor "never" would do.
  expect(counted.shown).toBeGreaterThan(counted.reads / 10);
  expect(counted.taken).toBeGreaterThan(counted.writes / 20);
}, 180_000);
