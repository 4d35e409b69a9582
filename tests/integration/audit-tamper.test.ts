import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sealTrail } from '../../src/features/audit/seal.service.js';
import { runChecks } from '../../src/features/ledger-check/ledger-check.service.js';
import type { LedgerCheckCode } from '../../src/i18n/ledger-checks.js';
import { type Db, inTransaction, openDb, type Tx } from '../../src/platform/db.js';
import type { DataKeys } from '../../src/platform/secret-box.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, pay } from '../support/ledger.js';

let app: TestApp;
let superuser: Db;
let keys: DataKeys;
let commitmentId: string;
let paymentId: string;
/** The chain: two seals, with links after the last one. */
let sealed: readonly string[];
let last: number;

interface Link {
  readonly seq: string;
  readonly event_id: string;
}
let links: readonly Link[];

beforeAll(async () => {
  app = await startTestApp();
  superuser = openDb(app.database.superuserUrl, 1, 'system');
  keys = { current: app.deps.config.dataKey };
  const people = await createPeople(app);
  const donorId = await createOrganisation(app, 'Bailleur');
  await addRate(app, 'USD', '2025-01-02', '1.08');
  const signed = await people.officer.post('/v1/commitments', flowBody(donorId)).expect(201);
  commitmentId = (signed.body as { id: string }).id;
  const first = await sealTrail(app.deps);
  paymentId = (await pay(people, commitmentId, '100.00')).id;
  const second = await sealTrail(app.deps);
  sealed = [first!.seq, second!.seq];
  await people.officer.post('/v1/pledges', flowBody(donorId)).expect(201);
  links = await app.deps.db.$queryRaw`SELECT seq::text, event_id FROM audit_link ORDER BY seq`;
  last = links.length;
});

afterAll(async () => {
  await superuser.$disconnect();
  await app.close();
});

class Undo extends Error {}

type Breaks = Partial<Record<LedgerCheckCode, readonly { readonly record: string; readonly id: string }[]>>;

/** Which rows break which checks once a superuser has tampered with them; nothing of it is kept. */
async function breaksAfter(tamper: (tx: Tx) => Promise<unknown>, given: DataKeys | undefined = keys): Promise<Breaks> {
  const breaks: Breaks = {};
  const run = inTransaction(superuser, async (tx) => {
    await tx.$executeRaw`SET LOCAL ROLE NONE`;
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await tamper(tx);
    for (const { code, rows } of await runChecks(tx, given)) if (rows.length > 0) breaks[code] = rows.map(({ record, id }) => ({ record, id }));
    throw new Undo();
  });
  await expect(run).rejects.toThrow(Undo);
  return breaks;
}

const event = (seq: number) => ({ record: 'audit_event', id: links[seq - 1]!.event_id });
const link = (seq: number) => ({ record: 'audit_link', id: String(seq) });
const seal = (seq: string) => ({ record: 'audit_seal', id: seq });
const head = { record: 'audit_head', id: '1' };
/** The event of an act on a record, in the middle of the chain. */
const seqOf = async (tx: Tx, action: string) => {
  const [row] = await tx.$queryRaw<{ seq: number }[]>`SELECT l.seq::int FROM audit_link l JOIN audit_event e ON e.id = l.event_id WHERE e.action = ${action}`;
  return row!.seq;
};
const sql = (tx: Tx, text: string) => tx.$executeRawUnsafe(text);
/** Makes the hashes of the chain anew from a link on, as a superuser who knows how would. */
const rechain = (tx: Tx, from: number) =>
  sql(
    tx,
    `DO $$ DECLARE l record; h bytea; BEGIN
      SELECT hash INTO h FROM audit_link WHERE seq = ${from - 1};
      FOR l IN SELECT k.seq, audit_content(e) AS content FROM audit_link k JOIN audit_event e ON e.id = k.event_id WHERE k.seq >= ${from} ORDER BY k.seq LOOP
        h := sha256(h || l.content);
        UPDATE audit_link SET hash = h WHERE seq = l.seq;
      END LOOP;
      UPDATE audit_head SET hash = h;
    END $$`,
  );

test('an untouched trail holds', async () => {
  expect(await breaksAfter(() => Promise.resolve())).toEqual({});
  expect(last).toBeGreaterThan(Number(sealed[1]));
});

test('erased personal data are fine: the chain holds their digest', async () => {
  expect(await breaksAfter((tx) => sql(tx, 'UPDATE audit_event SET personal = NULL'))).toEqual({});
});

describe('tampering is found, and the row named', () => {
  test.each(['detail = jsonb_build_object()', `actor_id = NULL`, `at = at - interval '1 day'`, `reason = 'autre'`, `record_id = record_id || '0'`, `request_id = 'x'`])(
    'a changed event: %s',
    async (set) => {
      const breaks = await breaksAfter((tx) => sql(tx, `UPDATE audit_event SET ${set} WHERE id = '${links[2]!.event_id}'`));
      expect(breaks['audit.chain']).toEqual([event(3)]);
    },
  );

  test('a deleted event', async () => {
    const breaks = await breaksAfter((tx) => sql(tx, `DELETE FROM audit_event WHERE id = '${links[last - 1]!.event_id}'`));
    expect(breaks).toEqual({ 'audit.events': [link(last)], 'record.audited': [expect.objectContaining({ record: 'pledge' })] });
  });

  test('a deleted link', async () => {
    expect(await breaksAfter((tx) => sql(tx, 'DELETE FROM audit_link WHERE seq = 2'))).toMatchObject({ 'audit.sequence': [link(2)], 'audit.linked': [event(2)] });
  });

  test('a deleted event with its link, and the rest renumbered', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, `DELETE FROM audit_event WHERE id = '${links[2]!.event_id}'`);
      await sql(tx, 'DELETE FROM audit_link WHERE seq = 3');
      for (let seq = 4; seq <= last; seq += 1) await sql(tx, `UPDATE audit_link SET seq = ${seq - 1} WHERE seq = ${seq}`);
    });
    expect(breaks['audit.chain']).toEqual([event(4)]);
    expect(breaks['audit.head']).toEqual([head]);
  });

  test('exchanged links', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, 'UPDATE audit_link SET seq = -1 WHERE seq = 3');
      await sql(tx, 'UPDATE audit_link SET seq = 3 WHERE seq = 4');
      await sql(tx, 'UPDATE audit_link SET seq = 4 WHERE seq = -1');
    });
    expect(breaks['audit.chain']).toEqual(expect.arrayContaining([event(3), event(4)]));
  });

  test('exchanged events', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, 'ALTER TABLE audit_link DROP CONSTRAINT IF EXISTS audit_link_event_id_key; DROP INDEX IF EXISTS audit_link_event_id_key'.split(';')[0]!);
      await sql(tx, 'DROP INDEX IF EXISTS audit_link_event_id_key');
      await sql(tx, `UPDATE audit_link SET event_id = CASE seq WHEN 3 THEN '${links[3]!.event_id}' ELSE '${links[2]!.event_id}' END::uuid WHERE seq IN (3, 4)`);
    });
    expect(breaks).toEqual({ 'audit.chain': [event(3), event(4)].sort((a, b) => (a.id < b.id ? -1 : 1)) });
  });

  test('a changed hash breaks its link and the next', async () => {
    const breaks = await breaksAfter((tx) => sql(tx, `UPDATE audit_link SET hash = sha256('x') WHERE seq = 3`));
    expect(breaks['audit.chain']).toHaveLength(2);
  });

  test('a cut tail, as long as the head is left', async () => {
    expect((await breaksAfter((tx) => sql(tx, `DELETE FROM audit_link WHERE seq = ${last}`)))['audit.head']).toEqual([head]);
  });

  test('a cut tail with the head set back: the seals remember', async () => {
    const from = Number(sealed[1]);
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, `DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_link WHERE seq >= ${from})`);
      await sql(tx, `DELETE FROM audit_link WHERE seq >= ${from}`);
      await sql(tx, `UPDATE audit_head SET seq = l.seq, hash = l.hash FROM (SELECT seq, hash FROM audit_link ORDER BY seq DESC LIMIT 1) l`);
    });
    expect(breaks).toMatchObject({ 'seal.chain': [seal(sealed[1]!)], 'record.audited': expect.any(Array) });
    expect(breaks['audit.head']).toBeUndefined();
  });

  test('a chain rewritten with all its hashes: the seals remember', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, `UPDATE audit_event SET actor_id = NULL WHERE id = '${links[1]!.event_id}'`);
      await rechain(tx, 2);
    });
    expect(breaks).toEqual({ 'seal.chain': [seal(sealed[1]!)] });
  });

  test('a forged seal: its hash fits the rewritten chain, its code does not', async () => {
    const forge = async (tx: Tx) => {
      await sql(tx, `UPDATE audit_event SET actor_id = NULL WHERE id = '${links[1]!.event_id}'`);
      await rechain(tx, 2);
      await sql(tx, 'UPDATE audit_seal s SET hash = l.hash FROM audit_link l WHERE l.seq = s.seq');
    };
    expect(await breaksAfter(forge)).toEqual({ 'seal.code': [seal(sealed[1]!)] });
  });

  test('an event past the chain', async () => {
    const added = `INSERT INTO audit_event (id, action, record_kind, record_id, detail) VALUES ('${paymentId}', 'disbursement.approve', 'disbursement', '${paymentId}', '{}')`;
    expect(await breaksAfter((tx) => sql(tx, added))).toEqual({ 'audit.linked': [{ record: 'audit_event', id: paymentId }] });
  });

  test('changed personal data', async () => {
    const breaks = await breaksAfter((tx) => sql(tx, `UPDATE audit_event SET personal = personal || '{"address": "192.0.2.7"}' WHERE id = '${links[0]!.event_id}'`));
    expect(breaks).toEqual({ 'audit.personal': [event(1)] });
  });

  test('an approval without its trace, even in a chain made anew', async () => {
    const breaks = await breaksAfter(async (tx) => {
      const seq = await seqOf(tx, 'disbursement.approve');
      await sql(tx, `UPDATE audit_event SET action = 'disbursement.receive' WHERE id = '${links[seq - 1]!.event_id}'`);
      await rechain(tx, seq);
    });
    expect(breaks).toMatchObject({ 'record.audited': [{ record: 'disbursement', id: paymentId }] });
  });

  test('a journal changed with all that hangs on it', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, `UPDATE journal_entry SET reason = 'autre' WHERE commitment_id = '${commitmentId}' AND kind = 'commitment'`);
    });
    expect(breaks['seal.journal']?.[0]).toEqual(seal(sealed[0]!));
    const line = await breaksAfter((tx) => sql(tx, `UPDATE journal_line SET sectors = '{FSC}' WHERE entry_id IN (SELECT id FROM journal_entry WHERE disbursement_id = '${paymentId}')`));
    expect(line['seal.journal']).toEqual([seal(sealed[1]!)]);
  });
});

describe('what only a copy of the seals shows', () => {
  test('a tail rewritten since the last seal leaves no trace in the database', async () => {
    const breaks = await breaksAfter(async (tx) => {
      await sql(tx, `UPDATE audit_event SET actor_id = NULL WHERE id = '${links[last - 1]!.event_id}'`);
      await rechain(tx, last);
    });
    expect(breaks).toEqual({});
  });
});

test('without DATA_KEY the codes are said to be skipped', async () => {
  const results = await inTransaction(app.deps.db, (tx) => runChecks(tx));
  expect(results.find(({ code }) => code === 'seal.code')).toMatchObject({ checked: 2, rows: [], skipped: true });
  const withKeys = await inTransaction(app.deps.db, (tx) => runChecks(tx, { current: 'another key of thirty-two bytes or more', previous: keys.current }));
  expect(withKeys.find(({ code }) => code === 'seal.code')?.rows).toEqual([]);
});
