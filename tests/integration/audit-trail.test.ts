import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Response } from 'supertest';
import { sealTrail } from '../../src/features/audit/seal.service.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { addRate, createOrganisation, createPeople, flowBody, type FlowOptions, pay, type People } from '../support/ledger.js';

const ALWAYS = 'from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z';
const RESTRICTED: FlowOptions = { more: { restricted: true } };

let app: TestApp;
let people: People;
let auditor: Client;
let donorId: string;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  auditor = await app.user({ roles: ['auditor'] });
  donorId = await createOrganisation(app, 'Bailleur');
  await addRate(app, 'USD', '2025-01-02', '1.08');
});
afterAll(() => app.close());

const pledge = async (options: FlowOptions = {}): Promise<string> => ((await people.officer.post('/v1/pledges', flowBody(donorId, options)).expect(201)).body as { id: string }).id;
const commitment = async (options: FlowOptions = {}): Promise<string> =>
  ((await people.officer.post('/v1/commitments', flowBody(donorId, options)).expect(201)).body as { id: string }).id;
const traces = (where: object) => app.deps.db.auditEvent.findMany({ where, orderBy: { id: 'asc' } });

interface Event {
  readonly seq: string;
  readonly action: string;
  readonly record: { readonly kind: string; readonly id: string };
  readonly [field: string]: unknown;
}
const events = async (query: string, client = auditor): Promise<readonly Event[]> =>
  ((await client.get(`/v1/audit-events?${query}`).expect(200)).body as { items: Event[] }).items;

describe('sensitive reads leave a trace', () => {
  test('of a restricted pledge, commitment and payment, alone or in a list; not of an open one', async () => {
    const open = await pledge();
    const hidden = await pledge(RESTRICTED);
    const signed = await commitment(RESTRICTED);
    const paid = await pay(people, signed, '10.00');
    await auditor.get(`/v1/pledges/${open}`).expect(200);
    await auditor.get(`/v1/pledges/${hidden}`).set('x-request-id', 'request-of-the-auditor').expect(200);
    await auditor.get(`/v1/commitments/${signed}`).expect(200);
    await auditor.get(`/v1/disbursements/${paid.id}`).expect(200);
    await auditor.get('/v1/pledges?limit=10').expect(200);
    const kept = await traces({ actorId: auditor.userId, action: { endsWith: '.read' } });
    expect(kept).toMatchObject([
      { action: 'pledge.read', recordKind: 'pledge', recordId: hidden, requestId: 'request-of-the-auditor' },
      { action: 'commitment.read', recordKind: 'commitment', recordId: signed },
      { action: 'disbursement.read', recordKind: 'disbursement', recordId: paid.id },
      { action: 'pledges.read', recordKind: 'pledges', recordId: '-', detail: { limit: 10, restricted: [hidden] } },
    ]);
    expect(kept[0]?.personal).toMatchObject({ address: expect.any(String) });
  });

  test('nothing is kept of a read that was refused', async () => {
    const outsider = await app.user({ roles: ['minister'], states: ['TCD'] });
    await outsider.get(`/v1/pledges/${await pledge(RESTRICTED)}`).expect(404);
    await outsider.get('/v1/journal-entries').expect(403);
    expect(await traces({ actorId: outsider.userId })).toEqual([]);
  });

  test('the journal and the trail itself; the place where a page ends names a person and is with the personal data', async () => {
    const reader = await app.user({ roles: ['auditor'] });
    await reader.get('/v1/journal-entries?kind=pledge').expect(200);
    await reader.get('/v1/audit-events?action=journal.read').expect(200);
    const admin = await app.user({ roles: ['administrator'] });
    const { nextCursor } = (await admin.get('/v1/users?limit=1').expect(200)).body as { nextCursor: string };
    await admin.get(`/v1/users?limit=1&cursor=${nextCursor}`).expect(200);
    expect(await traces({ actorId: reader.userId })).toMatchObject([
      { action: 'journal.read', recordKind: 'journal', detail: { kind: 'pledge' } },
      { action: 'audit.read', recordKind: 'audit', detail: { action: 'journal.read' } },
    ]);
    const [, second] = await traces({ actorId: admin.userId });
    expect(second).toMatchObject({ action: 'users.read', personal: { cursor: nextCursor } });
    expect(second?.detail).toEqual({ limit: 1, sort: 'name' });
  });
});

describe('GET /v1/audit-events', () => {
  test('who, when, from where, before and after, in the order of the chain and in words', async () => {
    const id = await pledge();
    const [event] = await events(`kind=pledge&recordId=${id}`);
    expect(event).toMatchObject({
      action: 'pledge.create',
      actionText: 'Pledge recorded',
      actor: { id: people.officer.userId, name: 'finance_officer' },
      record: { kind: 'pledge', id },
      detail: { before: null, after: { amount: { amount: '1000.00', currency: 'EUR' }, valueDate: '2025-03-10' } },
      personal: { address: expect.any(String) },
      erased: false,
    });
    expect(event?.personal).not.toHaveProperty('salt');
    const french = await auditor.get(`/v1/audit-events?recordId=${id}`).set('accept-language', 'fr').expect(200);
    expect((french.body as { items: Event[] }).items[0]?.actionText).toBe('Annonce enregistrée');
  });

  test('filters and pages', async () => {
    const mine = await events(`actor=${people.approver.userId}&action=disbursement.approve`);
    expect(mine.map(({ action }) => action)).toEqual(['disbursement.approve']);
    expect(await events('to=2020-01-01T00:00:00Z')).toEqual([]);
    const first = (await auditor.get('/v1/audit-events?limit=2').expect(200)).body as { items: Event[]; nextCursor: string };
    expect(first.items.map(({ seq }) => seq)).toEqual(['1', '2']);
    expect((await events(`limit=1&cursor=${first.nextCursor}`))[0]?.seq).toBe('3');
    await auditor.get('/v1/audit-events?cursor=x').expect(400);
  });

  test('an administrator without the right sees no restricted flow in the trail either', async () => {
    const id = await pledge(RESTRICTED);
    const blind = await app.user({ roles: ['administrator'], seesRestricted: false });
    expect(await events(`recordId=${id}&kind=pledge`, blind)).toEqual([]);
    expect(await events(`recordId=${id}&kind=pledge`)).toHaveLength(1);
  });

  test('an officer, a donor and a minister are refused, in French and English', async () => {
    for (const client of [people.officer, await app.user({ roles: ['donor'], organisationId: donorId }), await app.user({ roles: ['minister'], states: ['MLI'] })]) {
      const refused = await client.get('/v1/audit-events').set('accept-language', 'fr').expect(403);
      expect(refused.body).toMatchObject({ code: 'FORBIDDEN', title: 'Votre rôle ne le permet pas' });
      expect((await client.get(`/v1/audit-events/export?${ALWAYS}`).expect(403)).body).toMatchObject({ title: 'Your role does not allow this' });
      await client.get('/v1/audit-seals').expect(403);
    }
  });
});

describe('seals', () => {
  test('one for each end of the chain, whoever makes it, and shown to the auditor', async () => {
    await pledge();
    const made = (await Promise.all([sealTrail(app.deps), sealTrail(app.deps), sealTrail(app.deps)])).filter((seal) => seal !== undefined);
    expect(made.length).toBeGreaterThanOrEqual(1);
    expect(await sealTrail(app.deps)).toBeUndefined();
    expect(await app.deps.db.auditSeal.count()).toBe(made.length);
    const { body } = await auditor.get('/v1/audit-seals').expect(200);
    const [seal] = (body as { items: { seq: string; hash: string; mac: string; journalHash: string }[] }).items;
    expect(seal).toMatchObject({ seq: made[0]?.seq, hash: made[0]?.hash, mac: made[0]?.mac, journalHash: made[0]?.journal_hash });
  });

  test('the next one goes on where the last one ended', async () => {
    await commitment();
    const next = await sealTrail(app.deps);
    const rows = await app.deps.db.auditSeal.findMany({ orderBy: { seq: 'asc' } });
    expect(String(rows.at(-1)?.seq)).toBe(next?.seq);
    expect(rows.at(-1)?.journalHash).not.toEqual(rows.at(-2)?.journalHash);
  });
});

describe('an auditor verifies the chain with the script of the documentation', () => {
  const place = mkdtempSync(path.join(tmpdir(), 'liptako-audit-'));
  const script = path.join(place, 'verifier.mjs');
  const run = promisify(execFile);

  beforeAll(() => {
    const doc = readFileSync(path.resolve(__dirname, '../../docs/audit-trail.md'), 'utf8');
    writeFileSync(script, /```js\n([\s\S]*?)```/.exec(doc)?.[1] ?? '');
  });
  afterAll(() => rmSync(place, { recursive: true }));

  async function exported(client: Client, limit: number): Promise<string[]> {
    const lines: string[] = [];
    let next: string | undefined = `/v1/audit-events/export?${ALWAYS}&limit=${limit}`;
    while (next !== undefined) {
      const part: Response = await client.get(next).buffer(true).parse(asText as never).expect(200);
      lines.push(...(part.body as string).split('\n').filter((line) => line !== ''));
      next = /<([^>]+)>; rel="next"/.exec(part.headers.link ?? '')?.[1];
      if (lines.length > 10_000) throw new Error('no end');
    }
    return lines;
  }

  const verify = (lines: readonly string[], ...seals: string[]) => {
    const file = path.join(place, `${newId()}.ndjson`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return run(process.execPath, [script, file, ...seals]);
  };

  test('the whole holds, in parts, and holds the seal', async () => {
    await pledge(RESTRICTED);
    const seal = await sealTrail(app.deps);
    const lines = await exported(auditor, 200);
    expect(lines.length).toBeGreaterThan(20);
    const { stdout } = await verify(lines, `${seal?.seq}=${seal?.hash}`);
    expect(stdout).toContain(`${lines.length} maillons justes`);
    await expect(verify(lines, `${seal?.seq}=${'0'.repeat(64)}`)).rejects.toThrow(`maillon ${seal?.seq} faux`);
    expect(await traces({ actorId: auditor.userId, action: 'audit.export' })).not.toEqual([]);
  });

  test('a changed, a missing and an exchanged line are found', async () => {
    const lines = await exported(auditor, 10_000);
    const changed = lines.map((line, index) => (index === 4 ? line.replace('.', ',') : line));
    await expect(verify(changed)).rejects.toThrow('maillon 5 faux');
    await expect(verify(lines.filter((_, index) => index !== 4))).rejects.toThrow('maillon 6 faux');
    await expect(verify([...lines.slice(0, 3), lines[4]!, lines[3]!, ...lines.slice(5)])).rejects.toThrow('maillon 5 faux');
  });

  test('an administrator follows the chain past what they may not see', async () => {
    const blind = await app.user({ roles: ['administrator'], seesRestricted: false });
    const lines = await exported(blind, 10_000);
    expect(lines.some((line) => (JSON.parse(line) as { content: string | null }).content === null)).toBe(true);
    expect((await verify(lines)).stdout).toContain('maillons justes');
  });
});

/** Keeps NDJSON as text, which the client does not know. */
function asText(res: NodeJS.ReadableStream, done: (error: Error | null, body: unknown) => void): void {
  let text = '';
  res.setEncoding('utf8');
  res.on('data', (part: string) => (text += part));
  res.on('end', () => done(null, text));
}
