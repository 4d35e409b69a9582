import { createHash, randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import type { Role } from '../../src/domain/policy.js';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { hashPassword } from '../../src/features/auth/password.js';
import { insertSession } from '../../src/features/auth/session.store.js';
import { computeReport } from '../../src/features/reports/compute-report.js';
import { signAccessToken } from '../../src/http/access-token.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from './app.js';
import { PDF } from './documents.js';
import { createOrganisation } from './ledger.js';
import { buildOutgoing, type Outgoing } from './two-tenants-outgoing.js';
import { type Act, type ActFund, type ActRecords, acts, buildActs, createActFund } from './two-tenants-acts.js';

const DAY_MS = 86_400_000;
export const TENANT_STATES = ['MLI', 'NER'] as const;

/** A chain of records of one donor for some states; `key` is part of every text that belongs to it. */
export interface Flow {
  readonly key: string;
  readonly donorId: string;
  readonly states: readonly string[];
  readonly restricted: boolean;
  /** With shares there is one journal line for each state. */
  readonly shares: boolean;
}

export const flowRecordKinds = ['pledge', 'commitment', 'amendment', 'amendmentDone', 'draft', 'submitted', 'approved', 'reversal', 'evidence', 'statement'] as const;
export type FlowRecordKind = (typeof flowRecordKinds)[number];
export type FlowRecords = Readonly<Record<FlowRecordKind, string>>;

/** Somebody who asks, with their rights as this test understands them. */
export interface TenantActor {
  readonly name: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string | undefined;
  /** False for who is nobody: no token, an ended session, a suspended user. */
  readonly known: boolean;
  readonly roles: readonly Role[];
  readonly states: readonly string[];
  /** The states of each absent approver they act for. */
  readonly delegations: readonly (readonly string[])[];
  readonly donorIds: readonly string[];
  readonly seesRestricted: boolean;
  readonly secondFactor: boolean;
}

type Named = (typeof actorSpecs)[number]['name'];

/** Everything there is in two states and of two donors, with whom each record belongs to. */
export interface World {
  readonly app: TestApp;
  /** Reaches everything: row-level security does not bind a superuser. */
  readonly superuser: Pool;
  readonly donors: { readonly a: string; readonly aDuplicate: string; readonly b: string };
  readonly flows: readonly (Flow & { readonly records: FlowRecords })[];
  /** What is done with funds and instruments, which are no donor’s. */
  readonly acts: readonly (Flow & { readonly records: ActRecords; readonly fund: ActFund })[];
  readonly settlementId: string;
  readonly actors: Readonly<Record<Named, TenantActor>>;
  /** An officer and an approver of both states, who prepared and approved everything. */
  readonly clerk: Client;
  readonly boss: Client;
  /** Whose each report, import and delegation is. */
  readonly reports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly outgoing: Outgoing;
  /** The one that runs. */
  readonly delegationId: string;
  /** The flow a record belongs to, of every record that belongs to one. */
  readonly flowOf: Map<string, Flow>;
  /** A new chain like that of a flow, or some of its records, for acts that use them up. */
  build(flow: Flow): Promise<FlowRecords & ActRecords>;
  /** Another one of the same two, in the future. */
  addDelegation(): Promise<string>;
  close(): Promise<void>;
}

const officer: readonly Role[] = ['finance_officer'];
const approver: readonly Role[] = ['approver'];
const minister: readonly Role[] = ['minister'];
const donor: readonly Role[] = ['donor'];

interface ActorSpec {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly states?: readonly string[];
  readonly donor?: 'a' | 'b';
  readonly seesRestricted?: boolean;
  readonly state?: 'anonymous' | 'ended' | 'expired' | 'suspended' | 'noSecondFactor';
  /** Acts for the approver of Niger. */
  readonly delegate?: true;
}

const actorSpecs = [
  { name: 'anonymous', roles: [], state: 'anonymous' },
  { name: 'ended', roles: officer, states: ['MLI'], state: 'ended' },
  { name: 'expired', roles: officer, states: ['MLI'], state: 'expired' },
  { name: 'suspended', roles: officer, states: ['MLI'], state: 'suspended' },
  { name: 'noSecondFactor', roles: officer, states: ['MLI'], seesRestricted: true, state: 'noSecondFactor' },
  { name: 'administrator', roles: ['administrator'] },
  { name: 'auditor', roles: ['auditor'] },
  { name: 'officerMli', roles: officer, states: ['MLI'], seesRestricted: true },
  { name: 'officerMliPlain', roles: officer, states: ['MLI'] },
  { name: 'officerNer', roles: officer, states: ['NER'], seesRestricted: true },
  { name: 'approverMli', roles: approver, states: ['MLI'], seesRestricted: true },
  { name: 'approverNer', roles: approver, states: ['NER'] },
  { name: 'ministerMli', roles: minister, states: ['MLI'] },
  { name: 'ministerNer', roles: minister, states: ['NER'], seesRestricted: true },
  { name: 'donorA', roles: donor, donor: 'a' },
  { name: 'donorB', roles: donor, donor: 'b' },
  { name: 'delegate', roles: officer, states: ['MLI'], delegate: true },
  { name: 'strayStates', roles: donor, states: ['MLI', 'NER'], donor: 'b' },
  { name: 'strayDonor', roles: officer, states: ['NER'], donor: 'a' },
] as const satisfies readonly ActorSpec[];

/** What decides what an actor may. */
export type ActorRights = Pick<TenantActor, 'known' | 'roles' | 'states' | 'delegations' | 'donorIds' | 'seesRestricted'>;
type FlowRights = Pick<Flow, 'donorId' | 'states' | 'restricted'>;

const has = (actor: ActorRights, ...roles: readonly Role[]) => actor.roles.some((role) => roles.includes(role));
const opensRestricted = (actor: ActorRights) => actor.seesRestricted || has(actor, 'auditor');

/** Whether the actor is shown a flow, said again from the rules and not from the application's code. */
export function canSee(actor: ActorRights, flow: FlowRights): boolean {
  if (!actor.known) return false;
  const mayOpen = !flow.restricted || opensRestricted(actor);
  if (has(actor, 'administrator', 'auditor')) return mayOpen;
  const isOwnGift = has(actor, 'donor') && actor.donorIds.includes(flow.donorId);
  if (isOwnGift) return true;
  if (!mayOpen) return false;
  const states = [...actor.states, ...actor.delegations.flat()];
  return has(actor, 'finance_officer', 'approver', 'minister') && flow.states.some((state) => states.includes(state));
}

/** Whether an officer may record in a flow: all of its states are the own ones. */
export function canWrite(actor: ActorRights, flow: Omit<FlowRights, 'donorId'>): boolean {
  return actor.known && has(actor, 'finance_officer') && covers(actor.states, flow) && (!flow.restricted || opensRestricted(actor));
}

/** Whether somebody may say what a donor paid: the donor itself, or an officer of all the states. */
export function canState(actor: ActorRights, flow: FlowRights): boolean {
  return canWrite(actor, flow) || (actor.known && has(actor, 'donor') && actor.donorIds.includes(flow.donorId));
}

/** Whether somebody may settle that two reports are one payment: an officer or approver of all the states. */
export function canSettle(actor: ActorRights, flow: Omit<FlowRights, 'donorId'>): boolean {
  return actor.known && has(actor, 'finance_officer', 'approver') && covers(actor.states, flow) && (!flow.restricted || opensRestricted(actor));
}

/** Whether somebody may approve in a flow: all of its states are the own ones or those of one absent approver. */
export function canApprove(actor: ActorRights, flow: Omit<FlowRights, 'donorId'>): boolean {
  if (!actor.known || (flow.restricted && !opensRestricted(actor))) return false;
  return (has(actor, 'approver') && covers(actor.states, flow)) || actor.delegations.some((states) => covers(states, flow));
}

/** Whether somebody sees all that a report of another has counted. */
export function reportIsWithin(actor: TenantActor, owner: TenantActor): boolean {
  if (actor.name === owner.name) return true;
  return has(actor, 'administrator', 'auditor') && (opensRestricted(actor) || (!opensRestricted(owner) && !has(owner, 'donor')));
}

function covers(states: readonly string[], flow: Pick<Flow, 'states'>): boolean {
  return flow.states.length > 0 && flow.states.every((state) => states.includes(state));
}

/** The texts of a flow and of a user that nobody else may be shown. */
export const canaryOf = (key: string) => `canary:${key}:`;
const CANARY = /canary:([\w.!]+):/g;
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

/** What in a text belongs to a flow that the actor may not see. */
export function leaksIn(world: Pick<World, 'flows' | 'acts' | 'flowOf'>, actor: TenantActor, text: string): string[] {
  const hidden = new Set([...world.flows, ...world.acts].filter((flow) => !canSee(actor, flow)).map((flow) => flow.key));
  const canaries = [...text.matchAll(CANARY)].map(([, key = '']) => key).filter((key) => hidden.has(key));
  const ids = [...text.matchAll(UUID)].map(([id]) => id).filter((id) => hidden.has(world.flowOf.get(id)?.key ?? ''));
  return [...new Set([...canaries, ...ids])];
}

/** The users whose texts are in a text. */
export function usersIn(text: string): string[] {
  return [...new Set([...text.matchAll(CANARY)].flatMap(([, key = '']) => (key.startsWith('user.') ? [key.slice(5)] : [])))];
}

/** Builds the world through the API, as officers do, and what has no endpoint beside it. */
export async function startTwoTenants(): Promise<World> {
  const app = await startTestApp();
  const superuser = new Pool({ connectionString: app.database.superuserUrl, max: 4 });
  superuser.on('error', () => undefined);
  const { db } = app.deps;
  for (const quote of ['USD', 'XOF']) {
    await db.fxRate.create({ data: { source: 'ECB', base: 'EUR', quote, date: new Date('2025-01-02'), rate: quote === 'USD' ? '1.0371' : '655.957', recordedBy: SYSTEM_USER_ID } });
  }
  const both = { states: TENANT_STATES, seesRestricted: true };
  const clerk = await app.user({ roles: officer, ...both });
  const boss = await app.user({ roles: approver, ...both });
  const administrator = await app.user({ roles: ['administrator'] });
  const [a, aDuplicate, b] = [await createOrganisation(app, 'Bailleur A'), await createOrganisation(app, 'Bailleur A (doublon)'), await createOrganisation(app, 'Bailleur B')];
  const donors = { a, aDuplicate, b };

  const flowOf = new Map<string, Flow>();
  const makers = { app, clerk, boss, flowOf };
  const flows = [];
  for (const flow of flowsOf(donors)) flows.push({ ...flow, records: await buildFlow(makers, flow, flow.donorId) });
  await administrator.act(`/v1/organisations/${aDuplicate}/merge`, { intoId: a, reason: 'Le même bailleur' }).expect(200);
  flows.push(await addStateless(superuser, flowOf, flows[0]!, donors.b));

  const done: World['acts'][number][] = [];
  for (const act of acts) done.push(await buildAct(makers, superuser, act));

  const built: Partial<Record<Named, TenantActor>> = {};
  for (const spec of actorSpecs) built[spec.name] = await createActor(app, spec, donors);
  const actors = built as Record<Named, TenantActor>;
  let months = 0;
  const addDelegation = async (startsOn = new Date(Date.UTC(2080, (months += 1), 1)), days = 1): Promise<string> => {
    const id = newId();
    const endsOn = new Date(startsOn.getTime() + days * DAY_MS);
    const [fromUserId, toUserId] = [actors.approverNer.userId, actors.delegate.userId];
    await db.delegation.create({ data: { id, fromUserId, toUserId, startsOn, endsOn, reason: 'Mission', createdBy: administrator.userId } });
    return id;
  };
  const delegationId = await addDelegation(new Date(Date.now() - DAY_MS), 30);
  const settlementId = await settle(boss, flows[0]!.records);
  const world = { app, superuser, donors, flows, acts: done, settlementId, actors, clerk, boss, flowOf, delegationId };
  // What restricted flows somebody was shown is in the trail too.
  for (const list of ['pledges', 'commitments', 'disbursements', 'amendments', 'reversals']) await clerk.get(`/v1/${list}?limit=200`).expect(200);
  const reports = await addReports(world);
  const imports = await addImports(world);
  const outgoing = await buildOutgoing(app, actors, reports);
  await addTheRest(world);
  await learnJournal(superuser, flowOf);
  return {
    ...world,
    reports,
    imports,
    outgoing,
    addDelegation: () => addDelegation(),
    // A merged duplicate promises nothing any more; what its donor is kept as is seen by the same people.
    build: async (flow) => {
      const act = done.find(({ key }) => key === flow.key);
      const nothing = {} as FlowRecords & ActRecords;
      if (!act) return { ...nothing, ...(await buildFlow(makers, flow, flow.donorId === aDuplicate ? a : flow.donorId)) };
      const records = await buildActs(makers, act, act.fund, textOf(act.key));
      for (const id of Object.values(records)) flowOf.set(id, act);
      return { ...nothing, ...records };
    },
    close: async () => {
      await superuser.end();
      await app.close();
    },
  };
}

function flowsOf({ a, aDuplicate, b }: World['donors']): Flow[] {
  const flow = (key: string, donorId: string, states: readonly string[], more: Partial<Flow> = {}): Flow => ({ key, donorId, states, restricted: false, shares: false, ...more });
  return [
    flow('mliA', a, ['MLI']),
    flow('mliDuplicate', aDuplicate, ['MLI']),
    flow('mliB', b, ['MLI']),
    flow('nerA', a, ['NER']),
    flow('nerB', b, ['NER']),
    flow('sharedA', a, ['MLI', 'NER']),
    flow('splitB', b, ['MLI', 'NER'], { shares: true }),
    flow('mliA!', a, ['MLI'], { restricted: true }),
    flow('mliB!', b, ['MLI'], { restricted: true }),
    flow('nerB!', b, ['NER'], { restricted: true }),
    flow('sharedDuplicate!', aDuplicate, ['MLI', 'NER'], { restricted: true }),
  ];
}

type Makers = Pick<World, 'app' | 'clerk' | 'boss' | 'flowOf'>;

const textOf = (key: string) => (kind: string) => `${canaryOf(key)} ${kind}`;

/** A fund and an instrument of some states, with everything that hangs on them. */
async function buildAct(makers: Makers, superuser: Pool, act: Act): Promise<World['acts'][number]> {
  const flow: Flow = { key: act.key, donorId: '', states: act.states, restricted: false, shares: false };
  const partnerId = await createOrganisation(makers.app, `Partenaire ${act.key.slice(3)}`);
  const fund = await createActFund(makers.app, act, partnerId);
  const records = await buildActs(makers, act, { ...fund, triggerId: '' }, textOf(act.key));
  const { rows } = await superuser.query<{ id: string }>(
    `INSERT INTO instrument_event (id, instrument_id, kind, occurred_on, amount_minor, currency, description, recorded_by, recorded_at)
     VALUES (gen_random_uuid(), $1, 'cost', '2025-02-01', 100, 'EUR', $2, $3, now()) RETURNING id`,
    [records.instrument, textOf(act.key)('event'), makers.clerk.userId],
  );
  const triggerId = rows[0]!.id;
  for (const id of [...Object.values(records), triggerId]) makers.flowOf.set(id, flow);
  return { ...flow, records, fund: { ...fund, triggerId } };
}

/** One payment was told by both sides. */
async function settle(boss: Client, { approved, statement }: FlowRecords): Promise<string> {
  const { body } = await boss.post('/v1/twins', { disbursementId: approved, statementId: statement, decision: 'different', reason: 'Deux versements' }).expect(201);
  return (body as { id: string }).id;
}

/** A document that says whose it is. */
export function newPdf(key: string): Buffer {
  return Buffer.concat([PDF, Buffer.from(`% ${canaryOf(key)} ${newId()}\n%%EOF\n`)]);
}

async function buildFlow({ app, clerk, boss, flowOf }: Makers, flow: Flow, donorId: string): Promise<FlowRecords> {
  const made = async (path: string, body: object) => (await clerk.post(path, body).expect(201)).body as { id: string };
  const eur = (amount: string) => ({ amount, currency: 'EUR' });
  const text = (kind: string) => `${canaryOf(flow.key)} ${kind}`;
  const pledge = await made('/v1/pledges', {
    donorId,
    mechanism: 'bilateral_grant',
    destination: { kind: flow.states.length === 1 ? 'state' : 'states' },
    splits: { country: flow.states.map((code, index) => ({ code, ...(flow.shares && { share: index === 0 ? '60' : '40' }) })) },
    restricted: flow.restricted,
    description: text('pledge'),
    amount: eur('1000000.00'),
    valueDate: '2025-03-10',
    instalments: [{ dueOn: '2025-06-30', amount: eur('400000.00') }, { dueOn: '2025-12-31', amount: eur('600000.00') }],
  });
  const commitment = await made('/v1/commitments', {
    pledgeId: pledge.id, amount: eur('500000.00'), valueDate: '2025-04-10', description: text('commitment'), instalments: [{ dueOn: '2025-12-31', amount: eur('500000.00') }],
  });
  const amend = (amount: string) => made(`/v1/commitments/${commitment.id}/amendments`, { delta: eur(amount), valueDate: '2025-05-10', reason: text('amendment') });
  const pay = () => made('/v1/disbursements', { commitmentId: commitment.id, amount: eur('10000.00'), valueDate: '2025-05-12', description: text('disbursement') });
  const submitted = async () => {
    const { id } = await pay();
    await clerk.act(`/v1/disbursements/${id}/submit`).expect(200);
    return id;
  };
  const amendmentDone = (await amend('50000.00')).id;
  await boss.act(`/v1/amendments/${amendmentDone}/approve`).expect(200);
  const approved = await submitted();
  await boss.act(`/v1/disbursements/${approved}/approve`).expect(200);
  const reversal = await made('/v1/reversals', { stage: 'disbursement', recordId: approved, reason: text('reversal') });
  const evidence = newId();
  const document = newPdf(flow.key);
  await app.deps.evidence.put(evidence, document, 'application/pdf');
  await app.deps.db.evidenceDocument.create({
    data: { id: evidence, commitmentId: commitment.id, name: `${text('evidence')}.pdf`, mediaType: 'application/pdf', sizeBytes: document.length, sha256: createHash('sha256').update(document).digest('hex'), scan: 'not_scanned', uploadedBy: clerk.userId },
  });
  const statement = await made('/v1/payment-statements', {
    donorId, countries: flow.states, amount: eur('10000.00'), valueDate: '2025-05-12', description: text('statement'), restricted: flow.restricted,
  });
  const records = { statement: statement.id, pledge: pledge.id, commitment: commitment.id, amendment: (await amend('1.00')).id, amendmentDone, draft: (await pay()).id, submitted: await submitted(), approved, reversal: reversal.id, evidence };
  for (const id of Object.values(records)) flowOf.set(id, flow);
  return records;
}

/** A promise and a commitment to no state in particular, as imports bring them: seen by who sees everything and by their donor. */
async function addStateless(superuser: Pool, flowOf: World['flowOf'], like: { records: FlowRecords }, donorId: string): Promise<World['flows'][number]> {
  const flow: Flow = { key: 'nowhereB', donorId, states: [], restricted: false, shares: false };
  const copy = async (table: string, from: string, more: object): Promise<string> => {
    const id = newId();
    const changes = { id, reference: `X-${id.slice(-8)}`, donor_id: donorId, countries: [], splits: {}, destination_kind: 'unspecified', description: canaryOf(flow.key), ...more };
    await superuser.query(`INSERT INTO ${table} SELECT (jsonb_populate_record(t, $2::jsonb)).* FROM ${table} t WHERE id = $1`, [from, JSON.stringify(changes)]);
    flowOf.set(id, flow);
    return id;
  };
  const pledge = await copy('pledge', like.records.pledge, { committed_minor: 0 });
  const commitment = await copy('commitment', like.records.commitment, { pledge_id: pledge, disbursed_minor: 0 });
  const nothing = newId();
  return { ...flow, records: { pledge, commitment, amendment: nothing, amendmentDone: nothing, draft: nothing, submitted: nothing, approved: nothing, reversal: nothing, evidence: nothing, statement: nothing } };
}

async function createActor({ deps }: TestApp, spec: ActorSpec, donors: World['donors']): Promise<TenantActor> {
  const { name, roles, states = [], seesRestricted = false, state } = spec;
  const userId = newId();
  const now = new Date();
  await deps.db.appUser.create({
    data: {
      id: userId,
      email: `${name.toLowerCase()}@tenants.liptako`,
      name: canaryOf(`user.${name}`),
      roles: [...roles],
      states: [...states],
      organisationId: spec.donor ? donors[spec.donor] : null,
      seesRestricted,
      active: state !== 'suspended',
    },
  });
  const sessionId = await insertSession(deps.db, { userId, now, hours: 12, secondFactor: state !== 'noSecondFactor', origin: { address: '192.0.2.1', agent: canaryOf(`user.${name}`) } });
  if (state === 'ended') await deps.db.session.update({ where: { id: sessionId }, data: { endedAt: now, endReason: 'logout' } });
  if (state === 'expired') await deps.db.session.update({ where: { id: sessionId }, data: { createdAt: new Date(0), expiresAt: new Date(1000) } });
  const { token } = signAccessToken({ userId, sessionId }, deps.config);
  const gone = state !== undefined && state !== 'noSecondFactor';
  return {
    name,
    userId,
    sessionId,
    token: state === 'anonymous' ? undefined : token,
    known: !gone,
    roles,
    states,
    delegations: spec.delegate ? [['NER']] : [],
    donorIds: spec.donor === 'a' ? [donors.a, donors.aDuplicate] : spec.donor === 'b' ? [donors.b] : [],
    seesRestricted,
    secondFactor: state !== 'noSecondFactor',
  };
}

type Unfinished = Pick<World, 'app' | 'superuser' | 'actors' | 'flows' | 'flowOf' | 'clerk' | 'boss' | 'donors'>;

/** A finished report of each of several users, over all they see. */
async function addReports({ app, actors }: Unfinished): Promise<Record<string, string>> {
  const reports: Record<string, string> = {};
  for (const name of ['auditor', 'administrator', 'officerMli', 'officerNer', 'ministerMli', 'donorA', 'donorB'] as const) {
    const response = await fetchAs(app, actors[name].token, 'POST', '/v1/reports', { groupBy: ['donor', 'state'] });
    reports[name] = (response as { id: string }).id;
    await computeReport.run(app.deps, { runId: reports[name] });
  }
  return reports;
}

async function fetchAs(app: TestApp, token: string | undefined, method: string, path: string, body: object): Promise<unknown> {
  const server = app.app.listen(0);
  try {
    const { port } = server.address() as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json', 'idempotency-key': newId() }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return await response.json();
  } finally {
    server.close();
  }
}

async function addImports({ app, actors }: Unfinished): Promise<Record<string, string>> {
  const imports: Record<string, string> = {};
  for (const name of ['officerMli', 'officerNer'] as const) {
    const id = newId();
    imports[name] = id;
    const key = canaryOf(`user.${name}`);
    await app.deps.db.importRun.create({ data: { id, source: 'ecb', options: { source: 'ecb', countries: [], years: [], complete: false }, dryRun: true, requestedBy: actors[name].userId } });
    await app.deps.db.importFile.create({ data: { importId: id, number: 1, name: key, sha256: '0'.repeat(64), content: Buffer.from(key) } });
    await app.deps.db.importRow.create({ data: { importId: id, number: 1, file: key, row: 1, action: 'problem', code: 'ROW_UNREADABLE', detail: {} } });
  }
  return imports;
}

/** Rows for the tables that the endpoints used so far leave empty: an empty table would prove nothing. */
async function addTheRest({ app, superuser, actors, boss, donors }: Unfinished): Promise<void> {
  const { db } = app.deps;
  const passwordHash = await hashPassword('known-to-nobody-at-all');
  for (const { userId, sessionId } of Object.values(actors)) {
    await db.userCredential.create({ data: { userId, passwordHash } });
    await db.recoveryCode.create({ data: { userId, hash: randomBytes(32) } });
    await db.userToken.create({ data: { id: newId(), userId, purpose: 'invitation', hash: randomBytes(32), expiresAt: new Date('2099-01-01') } });
    await db.refreshToken.create({ data: { hash: randomBytes(32), sessionId, issuedAt: new Date() } });
    await db.idempotencyKey.create({ data: { userId, key: newId(), operation: 'POST /v1/pledges', requestHash: 'x', responseStatus: 201, responseBody: { id: newId() } } });
    await db.auditEvent.create({ data: { id: newId(), actorId: userId, action: 'user.update', recordKind: 'user', recordId: userId, detail: {}, personal: { name: userId } } });
  }
  await db.approvalLimit.create({ data: { id: newId(), state: 'TCD', usdMinor: 5_000_000_000n, reason: 'Plafond', setBy: boss.userId } });
  await db.accountingPeriod.create({ data: { month: new Date('2024-01-01'), status: 'closed', closedBy: boss.userId, closedAt: new Date(), graceUntil: new Date() } });
  const reopening = newId();
  await db.periodReopening.create({ data: { id: reopening, month: new Date('2024-01-01'), reason: 'Correction', preparedBy: actors.approverMli.userId } });
  await db.approval.create({ data: { id: newId(), kind: 'period_reopening', recordId: reopening, approverId: boss.userId } });
  const seal = { seq: 1, hash: '\\x00', sealed_at: new Date(), mac: 'x', journal_until: new Date(), journal_hash: '\\x00' };
  await superuser.query('INSERT INTO audit_seal SELECT (jsonb_populate_record(NULL::audit_seal, $1::jsonb)).*', [JSON.stringify(seal)]);
  await db.sourceFlow.create({ data: { sourceSystem: 'fts', externalId: '1', seq: 1, contentHash: 'x', content: {}, outcome: 'no_amount', importId: newId(), recordedAt: new Date() } });
  await db.organisationIdentifier.create({ data: { system: 'fts', value: '1', organisationId: donors.a } });
  const [fund, plan, event] = [newId(), newId(), newId()];
  await db.pooledFund.create({ data: { id: fund, code: 'FONDS', nameFr: 'Fonds', nameEn: 'Fund', currency: 'USD' } });
  await db.responsePlan.create({ data: { id: plan, code: 'PLAN26', nameFr: 'Plan', nameEn: 'Plan', countries: ['MLI'] } });
  const asOf = new Date('2025-01-01');
  const parts = { create: [{ number: 1, country: 'MLI', amountMinor: 1n }] };
  await db.planRequirement.create({ data: { id: newId(), planId: plan, amountMinor: 1n, currency: 'USD', asOf, source: 'OCHA', parts } });
  await db.planCaseload.create({ data: { id: newId(), planId: plan, inNeed: 1n, asOf, source: 'OCHA', recordedBy: boss.userId } });
  await db.publishedFunding.create({ data: { id: newId(), sourceSystem: 'fts', planId: plan, country: 'MLI', year: 2025, fundingMinor: 1n, currency: 'USD', asOf } });
  await db.event.create({ data: { id: event, code: 'FORUM', nameFr: 'Forum', nameEn: 'Forum', startsOn: new Date('2025-08-07') } });
}

/** The journal's entries and the rest that names a flow's records belong to the flow. */
async function learnJournal(superuser: Pool, flowOf: World['flowOf']): Promise<void> {
  const { rows } = await superuser.query<{ id: string; of: string }>('SELECT id, coalesce(commitment_id, pledge_id) AS of FROM journal_entry');
  for (const { id, of } of rows) {
    const flow = flowOf.get(of);
    if (flow) flowOf.set(id, flow);
  }
}
