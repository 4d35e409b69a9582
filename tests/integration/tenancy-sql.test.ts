import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client as Sql } from 'pg';
import type { Role } from '../../src/domain/policy.js';
import { canSee, type Flow, reportIsWithin, startTwoTenants, type TenantActor, type World } from '../support/two-tenants.js';

type Row = Readonly<Record<string, unknown>>;
type Rule = (actor: TenantActor, row: Row) => boolean;

/** Whom the rows of a table are shown to, and who may add such rows, change and remove them, straight in SQL. */
interface TableRules {
  readonly see: Rule;
  readonly add: Rule;
  readonly change: Rule;
  readonly remove: Rule;
  /** What makes a copy of a row one that could stand beside it. */
  readonly another?: Row;
}

const never: Rule = () => false;
const always: Rule = () => true;
const known: Rule = (actor) => actor.known;
const role = (...roles: readonly Role[]): Rule => (actor) => actor.known && actor.roles.some((held) => roles.includes(held));
const mine = (column: string): Rule => (actor, row) => actor.known && row[column] === actor.userId;
const either = (...rules: readonly Rule[]): Rule => (actor, row) => rules.some((rule) => rule(actor, row));
const both = (...rules: readonly Rule[]): Rule => (actor, row) => rules.every((rule) => rule(actor, row));

const overseers = role('administrator', 'auditor');
const keepers = role('administrator', 'finance_officer');
const recorders = role('finance_officer', 'approver');

let world: World;

const ofFlow = (flowOf: (row: Row) => Pick<Flow, 'donorId' | 'states' | 'restricted'> | undefined): Rule => (actor, row) => {
  const flow = flowOf(row);
  return flow !== undefined && canSee(actor, flow);
};
const flowNamedBy = (...columns: readonly string[]) => (row: Row) => columns.map((column) => world.flowOf.get(String(row[column]))).find((flow) => flow !== undefined);
const asFlow = (row: Row) => ({ donorId: row.donor_id as string, states: row.countries as string[], restricted: row.restricted as boolean });
const recordsInto: Rule = (actor, row) => {
  const { states, restricted } = asFlow(row);
  const own = [...actor.states, ...actor.delegations.flat()];
  return recorders(actor, row) && states.length > 0 && states.every((state) => own.includes(state)) && (!restricted || actor.seesRestricted);
};

const table = (see: Rule, writes: Partial<Omit<TableRules, 'see'>> = {}): TableRules => ({ see, add: never, change: never, remove: never, ...writes });
const codeList = table(always);
const kept = table(known, { add: keepers, change: keepers });
const secret = table(never);
const partOf = (...columns: readonly string[]): TableRules => {
  const seen = ofFlow(flowNamedBy(...columns));
  return table(seen, { add: both(recorders, seen), change: both(recorders, seen) });
};
const flow = table(ofFlow(asFlow), { add: recordsInto, change: both(recorders, ofFlow(asFlow)) });

/** Acts on funds, and instruments: nobody's gift, and never restricted. */
const asAct = (row: Row) => ({ donorId: '', states: row.countries as string[], restricted: false });
const rowOf = (name: string, id: unknown) => rows.get(name)?.find((one) => one.id === id);
const ofRow = (name: string, column: string, rule: Rule): Rule => (actor, row) => {
  const found = rowOf(name, row[column]);
  return found !== undefined && rule(actor, found);
};
const seesAct = ofFlow(asAct);
const officersOf = role('finance_officer');
const addsAct: Rule = (actor, row) => officersOf(actor, row) && recordsInto(actor, { ...row, restricted: false });
const act = table(seesAct, { add: addsAct, change: both(recorders, seesAct) });
const ownGift: Rule = (actor, row) => actor.known && actor.roles.includes('donor') && actor.donorIds.includes(row.donor_id as string);
const statesOfFund: Rule = (actor, row) => ofFlow((one) => ({ donorId: '', states: (rowOf('pooled_fund', one.fund_id)?.countries ?? []) as string[], restricted: false }))(actor, row);

const runOf = (runs: () => Readonly<Record<string, string>>, column: string): Rule => (actor, row) =>
  Object.entries(runs()).some(([owner, id]) => id === row[column] && actor.known && owner === actor.name);
const ownerOf = (id: unknown) => world.actors[Object.keys(world.reports).find((owner) => world.reports[owner] === id) as keyof World['actors']];
const reaches = (column: string): Rule => (actor, row) => reportIsWithin(actor, ownerOf(row[column])) && actor.known;
/** Whose inbox a report or a notice lies in. */
const received = (column: string, id: unknown): Rule => (actor) => actor.known && (rows.get('delivery') ?? []).some((one) => one[column] === id && one.user_id === actor.userId);
const receivedRun = (column: string): Rule => (actor, row) => received('run_id', row[column])(actor, row);
const opensRow: Rule = (actor, row) => row.restricted !== true || actor.seesRestricted || role('auditor')(actor, row);
const owned = table(either(overseers, mine('created_by')), {
  add: both(keepers, mine('created_by')),
  change: either(role('administrator'), both(role('finance_officer'), mine('created_by'))),
});
const flowKinds = ['pledge', 'commitment', 'amendment', 'disbursement', 'reversal', 'evidence', 'payment_statement'];
const actKinds = ['fund_operation', 'proposal', 'instrument'];
const masterKinds = ['organisation', 'pooled_fund', 'fund_window', 'allocation_round', 'response_plan', 'event', 'fx_rate'];
const seesEvent: Rule = (actor, row) => {
  if (role('auditor')(actor, row)) return true;
  if (flowKinds.includes(String(row.record_kind))) return ofFlow(flowNamedBy('record_id'))(actor, row);
  if (row.record_kind === 'twin') return ofRow('twin_settlement', 'record_id', tables.twin_settlement!.see)(actor, row);
  if (actKinds.includes(String(row.record_kind))) return ofRow(String(row.record_kind), 'record_id', seesAct)(actor, row);
  if (masterKinds.includes(String(row.record_kind))) return role('administrator', 'finance_officer', 'approver')(actor, row);
  const namesRestricted = 'restricted' in (row.detail as object);
  return mine('actor_id')(actor, row) || (role('administrator')(actor, row) && (!namesRestricted || actor.seesRestricted));
};
const decided: Rule = (actor, row) =>
  row.kind === 'fund_operation' ? ofRow('fund_operation', 'record_id', seesAct)(actor, row) : ofFlow(flowNamedBy('record_id'))(actor, row);

/** Every table of the database; one that is not named here fails. */
const tables: Readonly<Record<string, TableRules>> = {
  _prisma_migrations: codeList,
  country: codeList,
  region: codeList,
  region_membership: codeList,
  currency: codeList,
  sector: codeList,
  mechanism: codeList,
  code_list_entry: codeList,
  organisation: kept,
  organisation_identifier: { ...kept, remove: keepers },
  pooled_fund: kept,
  response_plan: kept,
  plan_requirement: kept,
  requirement_part: { ...kept, change: never },
  plan_caseload: { ...kept, change: never },
  published_funding: { ...kept, change: never },
  fund_window: kept,
  allocation_round: kept,
  proposal: act,
  fund_operation: act,
  fund_entry: table(ofFlow(asFlow), { add: recordsInto }),
  fund_account: table(statesOfFund),
  allocation_account: table(ofRow('fund_operation', 'allocation_id', seesAct)),
  instrument: act,
  instrument_event: table(ofRow('instrument', 'instrument_id', seesAct), { add: both(officersOf, ofRow('instrument', 'instrument_id', seesAct)), another: { undoes_id: null } }),
  payment_statement: table(ofFlow(asFlow), { add: either(ownGift, both(officersOf, recordsInto)), change: either(ownGift, both(officersOf, ofFlow(asFlow))) }),
  twin_settlement: table(ofFlow(flowNamedBy('disbursement_id')), { add: both(recorders, mine('settled_by'), ofFlow(flowNamedBy('disbursement_id'))) }),
  event: kept,
  record_revision: { ...kept, change: never },
  fx_rate: { ...kept, change: never },
  pledge: flow,
  commitment: flow,
  pledge_instalment: partOf('pledge_id'),
  commitment_instalment: { ...partOf('commitment_id'), change: never },
  amendment: partOf('commitment_id'),
  disbursement: partOf('commitment_id'),
  reversal: partOf('pledge_id', 'commitment_id', 'disbursement_id'),
  evidence_document: partOf('pledge_id', 'commitment_id', 'disbursement_id'),
  journal_entry: { ...partOf('commitment_id', 'pledge_id'), change: never },
  journal_line: table(ofFlow(asFlow), { add: recordsInto }),
  app_user: table(either(overseers, mine('id')), { add: role('administrator'), change: role('administrator') }),
  user_credential: secret,
  recovery_code: secret,
  user_token: secret,
  session: secret,
  refresh_token: secret,
  audit_head: secret,
  approval: table((actor, row) => (row.kind === 'period_reopening' ? role('administrator', 'approver', 'auditor')(actor, row) : decided(actor, row)), {
    add: both(mine('approver_id'), (actor, row) => (row.kind === 'period_reopening' ? role('administrator', 'approver')(actor, row) : decided(actor, row))),
  }),
  approval_limit: table(known, { add: role('administrator') }),
  delegation: table(either(overseers, mine('from_user_id'), mine('to_user_id')), {
    add: either(role('administrator'), mine('from_user_id')),
    change: either(role('administrator'), mine('from_user_id')),
    another: { starts_on: '2020-01-01', ends_on: '2020-01-02' },
  }),
  accounting_period: table(known, { add: role('administrator', 'approver'), change: role('administrator', 'approver') }),
  period_reopening: table(known, { add: role('administrator', 'approver'), change: role('administrator', 'approver') }),
  import_run: table(either(overseers, mine('requested_by')), { add: both(keepers, mine('requested_by')) }),
  import_file: table(either(overseers, runOf(() => world.imports, 'import_id')), { add: runOf(() => world.imports, 'import_id') }),
  import_row: table(either(overseers, runOf(() => world.imports, 'import_id'))),
  report_run: table(both(either(overseers, mine('requested_by'), receivedRun('id')), reaches('id')), { add: mine('requested_by') }),
  report_artefact: table(both(either(overseers, runOf(() => world.reports, 'run_id'), receivedRun('run_id')), reaches('run_id'))),
  report_schedule: owned,
  schedule_occurrence: table(ofRow('report_schedule', 'schedule_id', owned.see)),
  delivery: table(either(overseers, mine('user_id'), mine('requested_by'))),
  notice: table(either(both(overseers, opensRow), (actor, row) => received('notice_id', row.id)(actor, row))),
  webhook: table(overseers, { add: role('administrator'), change: role('administrator') }),
  watch_rule: owned,
  watch_event: table(both(opensRow, ofRow('watch_rule', 'rule_id', owned.see))),
  source_flow: table(overseers),
  outbox: table(never, { add: known }),
  idempotency_key: table(mine('user_id'), { add: mine('user_id'), change: mine('user_id'), remove: mine('user_id') }),
  audit_event: table(seesEvent, { add: mine('actor_id') }),
  audit_link: table(overseers),
  audit_seal: table(overseers),
};

/** What a role lacks a right or a policy for, and what the facts' own triggers refuse. */
const REFUSED = ['42501', 'LP001', 'LP002'];
const MOST_COPIES = 40;

let names: string[];
const rows = new Map<string, readonly Row[]>();
let app: Sql;
let checks = 0;
let leaks = 0;

beforeAll(async () => {
  world = await startTwoTenants();
  app = new Sql({ connectionString: world.app.database.url, options: '-c role=liptako_app -c liptako.scope=request' });
  app.on('error', () => undefined);
  await app.connect();
  const { rows: found } = await world.superuser.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
  names = found.map(({ name }) => name);
  for (const name of names) rows.set(name, (await world.superuser.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM ${name} t`)).rows.map(({ row }) => row));
  await world.superuser.query(`CREATE FUNCTION try_to_add(t text, r jsonb) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('INSERT INTO %I SELECT (jsonb_populate_record(NULL::%I, $1)).*', t, t) USING r;
      RAISE EXCEPTION USING ERRCODE = 'TT000';
    EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
    END $$`);
});
afterAll(async () => {
  console.log(`${checks} checks of rows in ${names.length} tables, ${leaks} that differ from the rules`);
  await app.end();
  await world.close();
});

/** Runs statements as an actor, and keeps nothing of them. */
async function as<T>(actor: TenantActor, act: () => Promise<T>): Promise<T> {
  await app.query('BEGIN');
  try {
    // Nobody has no session; that of a suspended user, or one that has ended, opens nothing.
    if (actor.token !== undefined) await app.query('SELECT user_id FROM enter_session($1)', [actor.sessionId]);
    return await act();
  } finally {
    await app.query('ROLLBACK');
  }
}

/** The rows that a statement hands back, or the code of its refusal. */
async function outcome(statement: string): Promise<readonly Row[] | string> {
  await app.query('SAVEPOINT s');
  try {
    return (await app.query<{ row: Row }>(statement)).rows.map(({ row }) => row);
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await app.query('ROLLBACK TO s');
  }
}

/** What the database itself sets with a change is left out. */
const textOf = ({ version: _, closed_at: __, ...row }: Row) => JSON.stringify(row);
const setOf = (list: readonly Row[]) => list.map(textOf).sort();
const expected = (name: string, rule: Rule, actor: TenantActor) => setOf(rows.get(name)!.filter((row) => rule(actor, row)));

async function columnOf(name: string): Promise<string> {
  const { rows: columns } = await world.superuser.query<{ column: string }>(
    `SELECT attname AS column FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum DESC LIMIT 1`,
    [name],
  );
  return columns[0]!.column;
}

test('every table has its rules here, is under row-level security, and has rows that could leak', async () => {
  expect(names).toEqual(Object.keys(tables).sort());
  const { rows: unguarded } = await world.superuser.query(`
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
      AND (NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname))`);
  expect(unguarded).toEqual([]);
  expect(names.filter((name) => rows.get(name)!.length === 0)).toEqual([]);
});

test('the application’s role is bound by the policies, and no view or function of the owner’s opens the tables by a detour', async () => {
  const { rows: [appRole] } = await world.superuser.query(`SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'liptako_app'`);
  expect(appRole).toEqual({ rolsuper: false, rolbypassrls: false, rolcanlogin: false });
  const { rows: views } = await world.superuser.query(`SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace`);
  expect(views).toEqual([]);
  const { rows: definers } = await world.superuser.query<{ name: string }>(`
    SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype
      AND has_function_privilege('liptako_app', oid, 'EXECUTE') ORDER BY 1`);
  // Each of these was read with the question whom it tells what: limits and days that everybody may know; of a record whose id is
  // known, who prepared it; to officers and approvers, what a fund they know of has to allocate; of a person whose id is known, the rights.
  expect(definers.map(({ name }) => name)).toEqual([
    'approval_limit_at', 'enter_session', 'enter_user', 'erase_personal', 'forget_personal', 'fund_handed_in_at', 'fund_posting_date', 'handed_in_at',
    'lock_allocation_account', 'lock_fund_account', 'open_date', 'posting_date', 'preparers_of', 'rights_of',
  ]);
});

test('nobody but an administrator takes people out of the trail', async () => {
  const { userId } = world.actors.officerNer;
  for (const actor of Object.values(world.actors)) {
    const result = await as(actor, () => outcome(`SELECT to_jsonb(erase_personal('${userId}')) AS row`));
    expect([actor.name, typeof result]).toEqual([actor.name, actor.name === 'administrator' ? 'object' : 'string']);
    expect(await as(actor, () => outcome('SELECT to_jsonb(forget_personal(now())) AS row'))).toBe('42501');
  }
});

test('without a session nothing but the code lists is there', async () => {
  const nobody = world.actors.anonymous;
  const open = await as(nobody, async () => {
    const shown: string[] = [];
    for (const name of names) {
      const found = await outcome(`SELECT to_jsonb(t) AS row FROM ${name} t`);
      if (typeof found !== 'string' && found.length > 0) shown.push(name);
    }
    return shown;
  });
  expect(open).toEqual(names.filter((name) => tables[name] === codeList));
});

describe.each([
  'anonymous', 'ended', 'expired', 'suspended', 'noSecondFactor', 'administrator', 'auditor', 'officerMli', 'officerMliPlain', 'officerNer', 'approverMli',
  'approverNer', 'ministerMli', 'ministerNer', 'donorA', 'donorB', 'delegate', 'strayStates', 'strayDonor',
] as const)('%s', (who) => {
  test('is shown exactly the rows that are theirs', async () => {
    const actor = world.actors[who];
    const [shown, wanted] = await as(actor, async () => {
      const pairs: [string, readonly string[] | string, string[]][] = [];
      for (const name of names) {
        const found = await outcome(`SELECT to_jsonb(t) AS row FROM ${name} t`);
        pairs.push([name, typeof found === 'string' ? found : setOf(found), expected(name, tables[name]!.see, actor)]);
        checks += rows.get(name)!.length;
      }
      return [Object.fromEntries(pairs.map(([name, found]) => [name, found])), Object.fromEntries(pairs.map(([name, , want]) => [name, want]))];
    });
    leaks += names.filter((name) => JSON.stringify(shown[name]) !== JSON.stringify(wanted[name])).length;
    expect(shown).toEqual(wanted);
  });

  test('adds no rows but those that are theirs to add', async () => {
    const actor = world.actors[who];
    const wrong = await as(actor, async () => {
      const found: string[] = [];
      for (const name of names) {
        const all = rows.get(name)!;
        const step = Math.ceil(all.length / MOST_COPIES);
        const copies = all.filter((_, index) => index % step === 0);
        const { rows: codes } = await app.query<{ code: string }>('SELECT try_to_add($1, r) AS code FROM jsonb_array_elements($2) r', [name, JSON.stringify(copies.map((row) => ({ ...row, ...tables[name]!.another })))]);
        for (const [index, row] of copies.entries()) {
          const { code } = codes[index]!;
          checks += 1;
          if (REFUSED.includes(code) === tables[name]!.add(actor, row)) found.push(`${name}: ${code} for ${textOf(row)}`);
        }
      }
      return found;
    });
    leaks += wrong.length;
    expect(wrong).toEqual([]);
  });

  test('changes and removes no rows but those that are theirs to change and remove', async () => {
    const actor = world.actors[who];
    const wrong = await as(actor, async () => {
      const found: string[] = [];
      const compare = (name: string, act: string, result: readonly Row[] | string, wanted: readonly string[]) => {
        checks += rows.get(name)!.length;
        // What the rows themselves forbid, such as a reference, shows that the policy let them through.
        if (typeof result === 'string' ? (wanted.length === 0) !== REFUSED.includes(result) : JSON.stringify(setOf(result)) !== JSON.stringify(wanted)) {
          found.push(`${act} ${name}: ${typeof result === 'string' ? result : result.length} instead of ${wanted.length}`);
        }
      };
      for (const name of names) {
        const column = await columnOf(name);
        const { change, remove } = tables[name]!;
        const changeable = expected(name, change, actor);
        compare(name, 'change', await outcome(`WITH changed AS (UPDATE ${name} SET "${column}" = "${column}" RETURNING *) SELECT to_jsonb(c) AS row FROM changed c`), changeable);
        // Without naming a column the rows need not even be shown to be changed.
        if (changeable.length === 0) compare(name, 'blindly change', await outcome(`UPDATE ${name} SET "${column}" = DEFAULT`), []);
        if (changeable.length === 0) {
          const { rowCount } = await countOf(`UPDATE ${name} SET "${column}" = DEFAULT`);
          if (rowCount > 0) found.push(`blindly change ${name}: ${rowCount}`);
        }
        const removable = expected(name, remove, actor);
        if (removable.length > 0) compare(name, 'remove', await outcome(`WITH gone AS (DELETE FROM ${name} RETURNING *) SELECT to_jsonb(g) AS row FROM gone g`), removable);
        const { rowCount } = await countOf(`DELETE FROM ${name}`);
        if (rowCount !== removable.length && !(removable.length > 0 && rowCount === 0)) found.push(`blindly remove ${name}: ${rowCount}`);
      }
      return found;
    });
    leaks += wrong.length;
    expect(wrong).toEqual([]);
  });
});

async function countOf(statement: string): Promise<{ readonly rowCount: number }> {
  await app.query('SAVEPOINT s');
  try {
    return { rowCount: (await app.query(statement)).rowCount ?? 0 };
  } catch {
    return { rowCount: 0 };
  } finally {
    await app.query('ROLLBACK TO s');
  }
}

test('an update cannot move a row out of, or into, what is theirs', async () => {
  const { officerMli } = world.actors;
  const mli = world.flows.find(({ key }) => key === 'mliA')!;
  const ner = world.flows.find(({ key }) => key === 'nerB')!;
  const code = await as(officerMli, () =>
    outcome(`UPDATE commitment SET countries = '{NER}', splits = '{"country": [{"code": "NER"}]}' WHERE id = '${mli.records.commitment}'`));
  expect(code).toBe('42501');
  const steal = await as(officerMli, () => outcome(`UPDATE disbursement SET commitment_id = '${ner.records.commitment}' WHERE id = '${mli.records.draft}'`));
  expect(steal).toBe('42501');
});
