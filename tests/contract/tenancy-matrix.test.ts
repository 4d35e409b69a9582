import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Role } from '../../src/domain/policy.js';
import type { ProblemCode } from '../../src/domain/problem.js';
import { endpoints } from '../../src/endpoints.js';
import type { Endpoint } from '../../src/http/endpoint.js';
import { newId } from '../../src/platform/ids.js';
import { isActRecord, isFlowRecord, type Operation, operations, type Target, type TargetKind } from '../support/tenancy-operations.js';
import { canApprove, canSee, canSettle, canState, canWrite, leaksIn, reportIsWithin, startTwoTenants, type TenantActor, usersIn, type World } from '../support/two-tenants.js';

/** The flows an operation is tried on: own, another state's, another donor's, a duplicate's, shared, restricted. */
const TRIED = ['mliA', 'mliDuplicate', 'nerB', 'sharedA', 'splitB', 'mliA!', 'nerB!', 'sharedDuplicate!'];
const SECOND_FACTOR: readonly Role[] = ['administrator', 'finance_officer', 'approver'];
const AT_ONCE = 8;

/** Reads first: they are compared with the world as it was built. */
const inOrder = [...endpoints].sort((one, other) => Number(one.method !== 'get') - Number(other.method !== 'get'));

let world: World;
let server: Server;
let address: string;
let cells = 0;
const leaks: string[] = [];
const counted = { refused: 0, allowed: 0 };

beforeAll(async () => {
  world = await startTwoTenants();
  server = createServer(world.app.app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  console.log(`${cells} cells (${counted.refused} refused, ${counted.allowed} allowed) of ${endpoints.length} operations, ${leaks.length} leaks`);
  await new Promise((resolve) => server.close(resolve));
  await world.close();
});

const unknown: Target = { name: 'unknown', id: newId(), unknown: true };

async function targetsOf(kind: TargetKind | undefined): Promise<readonly Target[]> {
  if (kind === undefined) return [{ name: '-', id: '' }];
  const tried = world.flows.filter(({ key }) => TRIED.includes(key));
  if (kind === 'terms') return tried.filter(({ donorId }) => donorId !== world.donors.aDuplicate).map((flow) => ({ name: flow.key, id: '', flow }));
  if (kind === 'acts') return world.acts.map((act) => ({ name: act.key, id: '', flow: act }));
  if (kind === 'actFund') return [...world.acts.map((act) => ({ name: act.key, id: act.fund.fundId, flow: act, open: true as const })), unknown];
  if (kind === 'fundBook') return [...world.acts.map((act) => ({ name: act.key, id: act.fund.fundId, flow: act })), unknown];
  if (isActRecord(kind)) return [...world.acts.map((act) => ({ name: act.key, id: act.records[kind], flow: act })), unknown];
  if (isFlowRecord(kind)) return [...tried.map((flow) => ({ name: flow.key, id: flow.records[kind], flow })), unknown];
  if (kind === 'report' || kind === 'import') {
    const runs = kind === 'report' ? world.reports : world.imports;
    return [...Object.entries(runs).map(([owner, id]) => ({ name: `${owner}’s`, id, owner })), unknown];
  }
  if (kind === 'session') return [...['officerMli', 'donorA'].map((owner) => ({ name: `${owner}’s`, id: world.actors[owner as 'donorA'].sessionId, owner })), unknown];
  if (kind === 'schedule' || kind === 'rule') {
    const owned = kind === 'schedule' ? world.outgoing.schedules : world.outgoing.rules;
    return [...Object.entries(owned).map(([owner, id]) => ({ name: `${owner}’s`, id, owner })), unknown];
  }
  if (kind === 'delivery' || kind === 'inbox') return [...world.outgoing.deliveries.filter(({ channel }) => kind === 'delivery' || channel === 'inbox'), unknown];
  if (kind === 'webhook') return [{ name: 'webhook', id: world.outgoing.webhook }, unknown];
  if (kind === 'link') return [{ name: 'forged', id: 'forged' }];
  if (kind === 'copy') return [{ name: 'of no report', id: '0000-0000-0000' }];
  if (kind === 'delegation') return [{ name: 'running', id: world.delegationId }, unknown];
  if (kind === 'organisation') return [{ name: 'B', id: world.donors.b }, unknown];
  if (kind === 'user') return [{ name: 'ministerNer', id: world.actors.ministerNer.userId }, unknown];
  if (kind === 'month') return [{ name: 'closed', id: '2024-01' }];
  return [{ name: kind, id: await firstId(tableOf[kind]!) }, unknown];
}

const tableOf: Readonly<Partial<Record<TargetKind, string>>> = {
  pledge: 'pledge', commitment: 'commitment', amendment: 'amendment', amendmentDone: 'amendment', draft: 'disbursement', submitted: 'disbursement',
  approved: 'disbursement', reversal: 'reversal', evidence: 'evidence_document', organisation: 'organisation', fund: 'pooled_fund', plan: 'response_plan',
  event: 'event', operation: 'fund_operation', operationDone: 'fund_operation', proposal: 'proposal', proposalDraft: 'proposal', instrument: 'instrument',
  statement: 'payment_statement', actFund: 'fund_window', round: 'allocation_round', user: 'app_user', reopening: 'period_reopening', delegation: 'delegation',
  schedule: 'report_schedule', rule: 'watch_rule', webhook: 'webhook', delivery: 'delivery', inbox: 'delivery',
};

async function firstId(table: string): Promise<string> {
  return (await world.superuser.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id LIMIT 1`)).rows[0]!.id;
}

async function versionOf(kind: TargetKind | undefined, { id, unknown: isUnknown }: Target, actor: TenantActor): Promise<number> {
  if (isUnknown) return 1;
  const [table, key, value] = kind === undefined ? ['app_user', 'id', actor.userId] : kind === 'month' ? ['accounting_period', 'month', `${id}-01`] : [tableOf[kind], 'id', id];
  const { rows } = await world.superuser.query<{ version: number }>(`SELECT version FROM ${table} WHERE ${key}::text = $1`, [value]);
  return rows[0]?.version ?? 0;
}

type Expected = 401 | 403 | 404 | 'passes';

/** What should come of it, said again from the rules. */
function expectationOf(operation: Operation, actor: TenantActor, target: Target): Expected {
  const { who, needs } = operation;
  if (who === 'public') return 'passes';
  if (!actor.known) return 401;
  const needsSecondFactor = actor.roles.some((role) => SECOND_FACTOR.includes(role));
  if (needsSecondFactor && !actor.secondFactor && !operation.withoutSecondFactor) return 403;
  const mayAct = who === 'signed-in' || actor.roles.some((role) => who.includes(role)) || (operation.delegates && actor.delegations.length > 0);
  if (!mayAct) return 403;
  if (operation.on !== 'terms' && operation.on !== 'acts' && (target.unknown || !isShown(actor, target, operation.on))) return 404;
  if (operation.ownOnly && target.owner !== actor.name) return 404;
  if (target.flow && needs === 'write' && !canWrite(actor, target.flow)) return 403;
  if (target.flow && needs === 'state' && !canState(actor, target.flow)) return 403;
  if (target.flow && needs === 'settle' && !canSettle(actor, target.flow)) return 403;
  if (target.flow && needs === 'approve' && !canApprove(actor, target.flow)) return 403;
  return 'passes';
}

function isShown(actor: TenantActor, target: Target, kind: TargetKind | undefined): boolean {
  if (target.open) return true;
  if (target.flow) return canSee(actor, target.flow);
  if (kind === 'delegation') return ['approverNer', 'delegate'].includes(actor.name) || isOverseer(actor);
  if (target.owner === undefined) return true;
  if (kind === 'session') return target.owner === actor.name;
  if (kind === 'inbox') return target.recipient === actor.name;
  if (kind === 'delivery') return isOverseer(actor) || [target.owner, target.recipient].includes(actor.name);
  const mayAsk = target.owner === actor.name || isOverseer(actor);
  return mayAsk && (kind !== 'report' || reportIsWithin(actor, world.actors[target.owner as keyof World['actors']]));
}

const isOverseer = ({ roles }: TenantActor) => roles.some((role) => role === 'administrator' || role === 'auditor');

/** Who is refused is told no more than that; who has passed succeeds, or is told what only they may know. */
const REFUSALS: readonly ProblemCode[] = ['UNAUTHENTICATED', 'SECOND_FACTOR_REQUIRED', 'FORBIDDEN', 'OUT_OF_SCOPE', 'RESTRICTED_NOT_ALLOWED', 'DONOR_OWN_WORD', 'NOT_FOUND'];

function fits({ passes = [] }: Operation, expected: Expected, { status, text }: Answer): boolean {
  if (status < 300) return expected === 'passes';
  const { code } = JSON.parse(text) as { code: ProblemCode };
  return expected === 'passes' ? passes.includes(code) : status === expected && REFUSALS.includes(code);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(endpoint: Endpoint, operation: Operation, actor: TenantActor, target: Target): Promise<Answer> {
  const second = operation.second?.(target, world);
  const ids = second === undefined ? [target.id] : [target.id, second];
  const path = ids.reduce((address, id) => address.replace(/\{\w+\}/, id), endpoint.path);
  const body = operation.body?.(target, world);
  const form = operation.file && formOf(body ?? {}, operation.file(target));
  const response = await fetch(`${address}${path}${operation.query === undefined ? '' : `?${operation.query}`}`, {
    method: endpoint.method.toUpperCase(),
    headers: {
      ...(actor.token !== undefined && { authorization: `Bearer ${actor.token}` }),
      ...(body && !form && { 'content-type': 'application/json' }),
      ...(endpoint.idempotent && { 'idempotency-key': newId() }),
      ...(endpoint.edits && { 'if-match': `"${await versionOf(operation.on, { ...target, id: second ?? target.id }, actor)}"` }),
    },
    ...(body && { body: form ?? JSON.stringify(body) }),
  });
  cells += 1;
  return { status: response.status, text: await response.text() };
}

function formOf(body: object, [name, content]: readonly [string, Buffer]): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(body)) form.set(field, String(value));
  form.set('files', new Blob([new Uint8Array(content)]), name);
  return form;
}

/** What of the answer the actor should not have got: of a hidden flow, or of another user. */
function leaksOf(operation: Operation, actor: TenantActor, { text }: Answer): string[] {
  const seesUsers = actor.known && isOverseer(actor);
  const ofFlows = leaksIn(world, actor, text).filter((what) => !operation.namesRecords || !world.flowOf.has(what));
  return [...ofFlows, ...(seesUsers ? [] : usersIn(text).filter((name) => name !== actor.name))];
}

/** A digest of every row, as a superuser reads them. */
async function everything(): Promise<Readonly<Record<string, string>>> {
  const { rows } = await world.superuser.query<{ name: string; digest: string }>(digestSql);
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}
let digestSql = '';
beforeAll(async () => {
  const { rows } = await world.superuser.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
  // A file of a report is known by its digest.
  const textOf = (name: string) => (name === 'report_artefact' ? 't.run_id || t.format || t.language || t.sha256' : 't::text');
  digestSql = rows.map(({ name }) => `SELECT '${name}' AS name, count(*) || ':' || coalesce(sum(hashtextextended(${textOf(name)}, 0)::numeric), 0) AS digest FROM ${name} t`).join(' UNION ALL ');
});

async function inParallel<T>(items: readonly T[], atOnce: number, act: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const one = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

test('every operation is named in the table of rights, and nothing else is; every parameter of an address has a known kind of target', () => {
  const existing = endpoints.map(({ operationId }) => operationId);
  expect(existing.filter((name) => !(name in operations))).toEqual([]);
  expect(Object.keys(operations).filter((name) => !existing.includes(name))).toEqual([]);
  const untargeted = endpoints.filter(({ path, operationId }) => path.includes('{') && operations[operationId]?.on === undefined);
  expect(untargeted.map(({ operationId }) => operationId)).toEqual([]);
});

test('the document that is published names the same operations', async () => {
  const document = (await (await fetch(`${address}/openapi.json`)).json()) as { paths: Record<string, Record<string, { operationId: string }>> };
  const published = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(published.sort()).toEqual(endpoints.map(({ operationId }) => operationId).sort());
});

describe.each(inOrder.filter(({ operationId }) => operationId in operations).map((endpoint) => [endpoint.operationId, endpoint] as const))('%s', (operationId, endpoint) => {
  test('answers each actor on each target as the rights say, and shows nobody what is not theirs', async () => {
    const operation = operations[operationId]!;
    const targets = await targetsOf(operation.on);
    const all = Object.values(world.actors).flatMap((actor) => targets.map((target) => ({ actor, target, expected: expectationOf(operation, actor, target) })));
    const wrong: string[] = [];
    const check = (actor: TenantActor, target: Target, expected: Expected, answer: Answer) => {
      if (!fits(operation, expected, answer)) wrong.push(`${actor.name} on ${target.name}: ${answer.status} instead of ${expected}: ${answer.text.slice(0, 400)}`);
      const shown = leaksOf(operation, actor, answer);
      if (shown.length > 0) leaks.push(`${operationId}, ${actor.name} on ${target.name}: ${shown.join(', ')}`);
      wrong.push(...shown.map((what) => `${actor.name} on ${target.name} is shown ${what}`));
      if (operation.lists && expected === 'passes') wrong.push(...missingIn(answer, actor, operation.lists));
    };

    const refused = all.filter(({ expected }) => expected !== 'passes');
    const before = await everything();
    await inParallel(refused, AT_ONCE, async ({ actor, target, expected }) => check(actor, target, expected, await send(endpoint, operation, actor, target)));
    expect(wrong).toEqual([]);
    expect(await everything()).toEqual(before);

    const allowed = all.filter(({ expected }) => expected === 'passes');
    // Those who change the same record take their turns.
    await inParallel(allowed, endpoint.method === 'get' ? AT_ONCE : 1, async ({ actor, target, expected }) => {
      const fresh = operation.usesUp && !target.unknown ? { ...target, id: await freshId(target, operation.on!) } : target;
      check(actor, fresh, expected, await send(endpoint, operation, actor, fresh));
      if (operation.endsSession) await world.superuser.query('UPDATE session SET ended_at = NULL, end_reason = NULL WHERE id = $1', [actor.sessionId]);
    });
    expect(wrong).toEqual([]);
    counted.refused += refused.length;
    counted.allowed += allowed.length;
    // A table that lets nobody in would prove nothing.
    expect(allowed.length).toBeGreaterThan(0);
  });
});

async function freshId({ flow }: Target, kind: TargetKind): Promise<string> {
  if (kind === 'delegation') return world.addDelegation();
  if (kind === 'user') return (await world.app.user({ roles: ['auditor'] })).userId;
  if (!flow || (!isFlowRecord(kind) && !isActRecord(kind))) throw new RangeError(kind);
  return (await world.build(flow))[kind];
}

/** The records that a list should show and does not: a list that shows nothing leaks nothing either. */
function missingIn({ text }: Answer, actor: TenantActor, kind: NonNullable<Operation['lists']>): string[] {
  const due = [...world.flows, ...world.acts]
    .map((flow) => ({ ...flow, record: (flow.records as Readonly<Record<string, string>>)[kind] ?? '' }))
    .filter((flow) => canSee(actor, flow) && world.flowOf.has(flow.record));
  return due.filter((flow) => !text.includes(flow.record)).map((flow) => `${actor.name} misses ${kind} of ${flow.key}`);
}

test('a report counts what its user may see and nothing else', async () => {
  const sums: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  const endpoint = endpoints.find(({ operationId }) => operationId === 'getReportJson')!;
  for (const [owner, id] of Object.entries(world.reports)) {
    const actor = world.actors[owner as keyof World['actors']];
    const { text } = await send(endpoint, { who: 'signed-in' }, actor, { name: owner, id });
    const { rows } = JSON.parse(text) as { rows: { key: { donor: string; state: string }; lines: number }[] };
    sums[owner] = rows.map(({ key, lines }) => `${key.donor} ${key.state} ${lines}`).sort().join('\n');
    wanted[owner] = linesOf(actor);
  }
  expect(sums).toEqual(wanted);
});

/** Lines of a report by donor and state: each visible flow has four entries, with a line for each state of its split. */
function linesOf(actor: TenantActor): string {
  const { a, aDuplicate } = world.donors;
  const counts = new Map<string, number>();
  for (const flow of world.flows.filter(({ states }) => states.length > 0)) {
    const lines = flow.shares ? flow.states.map((state) => [state]) : [[...flow.states]];
    for (const states of lines.filter((line) => canSee(actor, { ...flow, states: line }))) {
      const key = `${flow.donorId === aDuplicate ? a : flow.donorId} ${states.length === 1 ? states[0]! : '*'}`;
      counts.set(key, (counts.get(key) ?? 0) + 4);
    }
  }
  return [...counts].map(([key, lines]) => `${key} ${lines}`).sort().join('\n');
}

test('a report of before is closed to its own user once they see less than it counted, and opens again with their rights', async () => {
  const { officerMli } = world.actors;
  const endpoint = endpoints.find(({ operationId }) => operationId === 'getReportJson')!;
  const read = async () => (await send(endpoint, { who: 'signed-in' }, officerMli, { name: 'own', id: world.reports.officerMli! })).status;
  const change = (rights: string) => world.superuser.query(`UPDATE app_user SET ${rights} WHERE id = $1`, [officerMli.userId]);
  expect(await read()).toBe(200);
  for (const [narrower, before] of [["sees_restricted = false", 'sees_restricted = true'], ["states = '{NER}'", "states = '{MLI}'"], ["roles = '{donor}'", "roles = '{finance_officer}'"]] as const) {
    await change(narrower);
    expect(await read()).toBe(404);
    await change(before);
    expect(await read()).toBe(200);
  }
  await change("states = '{MLI,NER}'");
  expect(await read()).toBe(200);
  await change("states = '{MLI}'");
});
