import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { strToU8, zipSync } from 'fflate';
import { Client as Sql } from 'pg';
import request, { type Response } from 'supertest';
import { sweepEvidence } from '../../src/features/evidence/sweep.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { clamd, EICAR } from '../support/clamd.js';
import { HTML, JPEG, PDF, PNG, WEBP, workbook } from '../support/documents.js';
import { Flows, NIGER } from '../support/flows.js';
import { addRate, createOrganisation, createPeople } from '../support/ledger.js';
import { type FakeS3, startFakeS3 } from '../support/s3.js';

const LARGEST = 200_000;
const DAY_MS = 86_400_000;

interface Evidence {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly [field: string]: unknown;
}
interface Sent {
  readonly name?: string;
  readonly content?: Buffer;
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
let count = 0;
/** A PDF that no other test has. */
const newPdf = () => Buffer.concat([PDF, Buffer.from(`% ${(count += 1)}\n%%EOF\n`)]);

/** The application with people, a donor and a commitment for Mali. */
async function start(options: Parameters<typeof startTestApp>[0] = {}) {
  const app = await startTestApp({ ...options, config: { evidenceMaxBytes: LARGEST, ...options.config } });
  await addRate(app, 'USD', '2025-01-02', '1.0371');
  await addRate(app, 'XOF', '2025-01-02', '655.957');
  const donorId = await createOrganisation(app, 'Bailleur');
  const people = await createPeople(app);
  const flows = new Flows(app, people, donorId);
  return { app, donorId, people, flows, commitment: await flows.commitment() };
}
type World = Awaited<ReturnType<typeof start>>;

function upload({ app }: Pick<World, 'app'>, by: Client, to: string, files: readonly Sent[], { key = newId(), language = 'en' } = {}): Promise<Response> {
  const test = request(app.app).post(`${to}/evidence`).set({ authorization: `Bearer ${by.token}`, 'idempotency-key': key, 'accept-language': language });
  for (const { name = 'Convention.pdf', content = newPdf() } of files) void test.attach('files', content, name);
  return test.then((response) => response);
}

async function uploaded(world: Pick<World, 'app'>, by: Client, to: string, file: Sent = {}): Promise<Evidence> {
  const { status, body, text } = await upload(world, by, to, [file]);
  if (status !== 201) throw new Error(`${status} ${text}`);
  return (body as { items: [Evidence] }).items[0];
}

const contentOf = (by: Client, id: string) => by.get(`/v1/evidence/${id}/content`).buffer(true).parse((response, done) => {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
}); // prettier-ignore

const eventsOf = ({ deps }: TestApp, action: string, recordId: string) => deps.db.auditEvent.findMany({ where: { action, recordId } });

async function storedKeys({ deps }: TestApp): Promise<string[]> {
  const keys: string[] = [];
  for await (const batch of deps.evidence.keys()) keys.push(...batch);
  return keys.sort();
}

let world: World;
let app: TestApp;
let officer: Client;
let commitmentPath: string;
beforeAll(async () => {
  world = await start();
  ({ app } = world);
  ({ officer } = world.people);
  commitmentPath = `/v1/commitments/${world.commitment}`;
});
afterAll(() => app.close());
afterEach(() => {
  jest.restoreAllMocks();
});

describe('documents are attached', () => {
  test.each([
    ['Convention signée.PDF', newPdf(), 'Convention signée.pdf', 'application/pdf'],
    ['scan', PNG, 'scan.png', 'image/png'],
    ['photo.jpeg', JPEG, 'photo.jpg', 'image/jpeg'],
    ['photo.webp', WEBP, 'photo.webp', 'image/webp'],
    ['../../etc/état\r\n:<script>.xlsx', workbook(), 'état-script.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ])('%j', async (name, content, safe, mediaType) => {
    const evidence = await uploaded(world, officer, commitmentPath, { name, content });
    expect(evidence).toMatchObject({
      stage: 'commitment',
      recordId: world.commitment,
      restricted: false,
      name: safe,
      mediaType,
      sizeBytes: content.length,
      sha256: sha256(content),
      scan: 'not_scanned',
      uploadedBy: officer.userId,
      withdrawn: null,
      version: 1,
    });
    expect(await app.deps.evidence.get(evidence.id)).toEqual(content);
    const [event] = await eventsOf(app, 'evidence.upload', evidence.id);
    expect(event).toMatchObject({ actorId: officer.userId, detail: { after: { commitmentId: world.commitment, mediaType, sha256: sha256(content) } }, personal: { name: safe } });
    expect(JSON.stringify(event?.detail)).not.toContain(safe);
  });

  test('to pledges, commitments and disbursements, several at once, and listed in this order', async () => {
    const pledge = await world.flows.pledge();
    const disbursement = await world.flows.draft(world.commitment, '10.00');
    for (const [stage, id] of [['pledge', pledge], ['disbursement', disbursement]] as const) {
      const { body, headers } = await upload(world, officer, `/v1/${stage}s/${id}`, [{ name: 'a.pdf' }, { name: 'b.pdf' }, { name: 'c.pdf' }]);
      const { items } = body as { items: Evidence[] };
      expect(items.map(({ name }) => name)).toEqual(['a.pdf', 'b.pdf', 'c.pdf']);
      expect(headers.location).toBe(`/v1/${stage}s/${id}/evidence`);
      expect((await officer.get(`/v1/${stage}s/${id}/evidence`).expect(200)).body).toEqual({ items, nextCursor: null });
      const first = (await officer.get(`/v1/${stage}s/${id}/evidence?limit=2`).expect(200)).body as { nextCursor: string };
      const rest = await officer.get(`/v1/${stage}s/${id}/evidence?limit=2&cursor=${first.nextCursor}`).expect(200);
      expect((rest.body as { items: Evidence[] }).items.map(({ name }) => name)).toEqual(['c.pdf']);
      const one = await officer.get(`/v1/evidence/${items[1]!.id}`).expect(200);
      expect(one.body).toEqual(items[1]);
      expect(one.headers.etag).toBe('"1"');
    }
    await officer.post(`/v1/disbursements/${disbursement}/submit`).set('if-match', '"1"').expect(200);
  });

  test('a download is the file, byte for byte, in headers that keep it from running, and leaves a trace', async () => {
    const content = newPdf();
    const { id } = await uploaded(world, officer, commitmentPath, { name: 'Reçu n° 4.pdf', content });
    const { body, headers } = await contentOf(officer, id).expect(200);
    expect(body).toEqual(content);
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(content.length),
      'content-disposition': `attachment; filename="Recu n- 4.pdf"; filename*=UTF-8''Re%C3%A7u%20n-%204.pdf`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
      etag: `"${sha256(content)}"`,
      'repr-digest': `sha-256=:${createHash('sha256').update(content).digest('base64')}:`,
    });
    expect(await eventsOf(app, 'evidence.download', id)).toMatchObject([{ actorId: officer.userId, recordKind: 'evidence' }]);
  });
});

describe('refused, in both languages, and nothing is kept', () => {
  let rowsBefore: unknown;
  const rows = async () => [await app.deps.db.evidenceDocument.count(), await app.deps.db.auditEvent.count(), await app.deps.db.idempotencyKey.count()];
  const namedKeys = async () => (await app.deps.db.evidenceDocument.findMany({ select: { id: true } })).map(({ id }) => id).sort();
  beforeEach(async () => {
    rowsBefore = await rows();
  });
  afterEach(async () => {
    // What a failed upload has stored is removed in the background, perhaps that of the test before only now.
    for (const until = Date.now() + 40_000; String(await storedKeys(app)) !== String(await namedKeys()) && Date.now() < until; ) await sleep(50);
    expect(await storedKeys(app)).toEqual(await namedKeys());
    expect(await rows()).toEqual(rowsBefore);
  });

  const zipped = (name: string, type: string) => Buffer.from(zipSync({ '[Content_Types].xml': strToU8(`<Types><Override ContentType="${type}"/></Types>`), [name]: strToU8('<x/>') }));
  test.each([
    ['an .exe named .pdf', 'facture.pdf', Buffer.from('MZ\x90\0\x03\0\0\0This program cannot be run in DOS mode.')],
    ['HTML', 'page.html', HTML],
    ['HTML named .png', 'page.png', HTML],
    ['SVG', 'logo.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a Word document', 'note.docx', zipped('word/document.xml', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml')],
    ['a workbook with macros', 'budget.xlsx', workbook({ 'xl/vbaProject.bin': 'macro' })],
    ['a macro-enabled workbook', 'budget.xlsm', zipped('xl/workbook.xml', 'application/vnd.ms-excel.sheet.macroEnabled.main+xml')],
    ['a PDF cut short', 'recu.pdf', PDF.subarray(0, 40)],
    ['an empty file', 'vide.pdf', Buffer.alloc(0)],
    ['text', 'liste.csv', Buffer.from('a;b\n1;2\n')],
  ])('%s', async (_what, name, content) => {
    const english = await upload(world, officer, commitmentPath, [{}, { name, content }]);
    expect([english.status, english.body]).toMatchObject([415, { code: 'EVIDENCE_TYPE', field: 'files', title: 'This type of document is not accepted', detail: expect.stringContaining(name) }]);
    const french = await upload(world, officer, commitmentPath, [{ name, content }], { language: 'fr' });
    expect(french.body).toMatchObject({ title: 'Ce type de document n’est pas accepté', detail: expect.stringContaining(`celui de « ${name} » est d’un autre type`) });
  });

  test('one byte too many', async () => {
    const fits = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(LARGEST - 15, '%'), Buffer.from('%%EOF\n')]);
    expect(fits.length).toBe(LARGEST);
    const refused = await upload(world, officer, commitmentPath, [{ content: Buffer.concat([fits.subarray(0, -6), Buffer.from(' %%EOF\n')]) }]);
    expect([refused.status, refused.body]).toMatchObject([413, { code: 'BODY_TOO_LARGE', detail: expect.stringContaining('200000') }]);
  });

  test('no file, six files, another field, JSON', async () => {
    const sixth = await upload(world, officer, commitmentPath, Array.from({ length: 6 }, () => ({})));
    const none = await upload(world, officer, commitmentPath, []);
    const json = await officer.post(`${commitmentPath}/evidence`, { files: ['%PDF'] });
    const elsewhere = await request(app.app).post(`${commitmentPath}/evidence`).set('authorization', `Bearer ${officer.token}`).attach('document', newPdf(), 'a.pdf');
    for (const { status, body } of [sixth, none, json, elsewhere]) expect([status, body]).toMatchObject([400, { code: 'FILES_UNEXPECTED', field: 'files' }]);
    const more = await request(app.app).post(`${commitmentPath}/evidence`).set('authorization', `Bearer ${officer.token}`).field('note', 'x').attach('files', newPdf(), 'a.pdf');
    expect([more.status, more.body]).toMatchObject([400, { code: 'VALIDATION' }]);
  });

  test('a body that is no multipart, or is cut', async () => {
    for (const body of ['--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-1.7', 'nothing']) {
      const { status } = await request(app.app).post(`${commitmentPath}/evidence`).set({ authorization: `Bearer ${officer.token}`, 'content-type': 'multipart/form-data; boundary=x' }).send(body);
      expect(status).toBe(400);
    }
    const { status } = await request(app.app).post(`${commitmentPath}/evidence`).set({ authorization: `Bearer ${officer.token}`, 'content-type': 'multipart/form-data' }).send('x');
    expect(status).toBe(400);
  });

  test('the same content twice in one request', async () => {
    const content = newPdf();
    const { status, body } = await upload(world, officer, commitmentPath, [{ content }, { content, name: 'copie.pdf' }], { language: 'fr' });
    expect([status, body]).toMatchObject([409, { code: 'EVIDENCE_DUPLICATE', title: 'Ce document est déjà joint', detail: expect.stringContaining('« copie.pdf »') }]);
  });

  test('a store that is away', async () => {
    jest.spyOn(app.deps.evidence, 'put').mockRejectedValueOnce(new Error('no space left'));
    const { status, body, headers } = await upload(world, officer, commitmentPath, [{}, {}, {}]);
    expect([status, body]).toMatchObject([503, { code: 'BUSY' }]);
    expect(headers['retry-after']).toBe('2');
  });

  test('a record that does not exist', async () => {
    const { status, body } = await upload(world, officer, `/v1/pledges/${newId()}`, [{}], { language: 'fr' });
    expect([status, body]).toMatchObject([404, { code: 'NOT_FOUND', detail: expect.stringContaining('annonce') }]);
    const french = await request(app.app).get(`/v1/evidence/${newId()}`).set('authorization', `Bearer ${officer.token}`);
    expect([french.status, french.body]).toMatchObject([404, { detail: expect.stringContaining('pièce justificative') }]);
  });
});

test('the same content on the same record is refused, also at the same time; on another record it stands', async () => {
  const content = newPdf();
  const other = await world.flows.commitment();
  const together = await Promise.all(Array.from({ length: 4 }, () => upload(world, officer, `/v1/commitments/${other}`, [{ content }])));
  expect(together.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  const again = await upload(world, world.people.second, `/v1/commitments/${other}`, [{ content, name: 'autre nom.pdf' }]);
  expect([again.status, again.body]).toMatchObject([409, { code: 'EVIDENCE_DUPLICATE', title: 'This document is already attached' }]);
  await uploaded(world, officer, commitmentPath, { content });
  expect(await app.deps.db.evidenceDocument.count({ where: { sha256: sha256(content) } })).toBe(2);
});

test('an Idempotency-Key gives the first answer again for the same files, and is refused for others', async () => {
  const [content, key] = [newPdf(), newId()];
  const first = await upload(world, officer, commitmentPath, [{ content }], { key });
  const again = await upload(world, officer, commitmentPath, [{ content }], { key });
  expect(again.status).toBe(201);
  expect(again.body).toEqual(first.body);
  expect(again.headers['idempotent-replayed']).toBe('true');
  for (const files of [[{ content: newPdf() }], [{ content, name: 'autre.pdf' }], [{ content }, {}], []]) {
    const other = await upload(world, officer, commitmentPath, files, { key });
    expect([other.status, other.body]).toMatchObject([409, { code: 'IDEMPOTENCY_KEY_REUSED' }]);
  }
  expect(await app.deps.db.evidenceDocument.count({ where: { sha256: sha256(content) } })).toBe(1);
});

describe('who sees what a document proves, sees the document', () => {
  test('own state, own gift, everything; not another state, another donor, without a token', async () => {
    const { id } = await uploaded(world, officer, commitmentPath);
    const readers = {
      officerMli: await app.user({ roles: ['finance_officer'], states: ['MLI'] }),
      minister: await app.user({ roles: ['minister'], states: ['MLI'] }),
      donor: await app.user({ roles: ['donor'], organisationId: world.donorId }),
      auditor: await app.user({ roles: ['auditor'] }),
      administrator: await app.user({ roles: ['administrator'] }),
    };
    const others = {
      officerNer: await app.user({ roles: ['finance_officer'], states: ['NER'] }),
      ministerNer: await app.user({ roles: ['minister'], states: ['NER'] }),
      otherDonor: await app.user({ roles: ['donor'], organisationId: await createOrganisation(app, 'Autre bailleur') }),
    };
    for (const path of [`${commitmentPath}/evidence`, `/v1/evidence/${id}`, `/v1/evidence/${id}/content`]) {
      for (const reader of Object.values(readers)) await reader.get(path).expect(200);
      for (const other of Object.values(others)) expect((await other.get(path).expect(404)).body).toMatchObject({ code: 'NOT_FOUND' });
      await app.anonymous.get(path).expect(401);
    }
    for (const { userId } of Object.values(others)) expect(await app.deps.db.auditEvent.count({ where: { actorId: userId } })).toBe(0);
    const mayNot = [readers.minister, readers.donor, readers.auditor, readers.administrator, world.people.approver];
    for (const reader of mayNot) {
      expect((await upload(world, reader, commitmentPath, [{}])).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      expect((await reader.post(`/v1/evidence/${id}/withdraw`, { reason: 'Erreur' }).set('if-match', '"1"')).body).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    }
    expect((await upload(world, others.officerNer, commitmentPath, [{}])).status).toBe(404);
    expect((await others.officerNer.post(`/v1/evidence/${id}/withdraw`, { reason: 'Erreur' }).set('if-match', '"1"')).status).toBe(404);
  });

  test('an officer of one of two states sees, and adds nothing', async () => {
    const shared = await world.flows.commitment({ splits: { country: [{ code: 'MLI' }, { code: 'NER' }] }, more: { destination: { kind: 'states' } } });
    const one = await app.user({ roles: ['finance_officer'], states: ['NER'] });
    const { id } = await uploaded(world, officer, `/v1/commitments/${shared}`);
    await one.get(`/v1/evidence/${id}/content`).expect(200);
    expect((await upload(world, one, `/v1/commitments/${shared}`, [{}])).body).toMatchObject({ status: 403, code: 'OUT_OF_SCOPE' });
    expect((await one.post(`/v1/evidence/${id}/withdraw`, { reason: 'Erreur' }).set('if-match', '"1"')).body).toMatchObject({ status: 403, code: 'OUT_OF_SCOPE' });
  });

  test('of a restricted flow, who may see such, and reading it leaves a trace', async () => {
    const restricted = await world.flows.commitment({ more: { restricted: true } });
    const to = `/v1/commitments/${restricted}`;
    const { id } = await uploaded(world, officer, to);
    const draft = await world.flows.draft(restricted, '1.00');
    const ofPayment = await uploaded(world, officer, `/v1/disbursements/${draft}`);
    const plain = { officer: await app.user({ roles: ['finance_officer'], states: ['MLI'], seesRestricted: false }), administrator: await app.user({ roles: ['administrator'], seesRestricted: false }) };
    for (const reader of Object.values(plain)) {
      for (const path of [`${to}/evidence`, `/v1/evidence/${id}`, `/v1/evidence/${id}/content`, `/v1/evidence/${ofPayment.id}`, `/v1/disbursements/${draft}/evidence`]) await reader.get(path).expect(404);
    }
    expect((await upload(world, plain.officer, to, [{}])).status).toBe(404);
    const donor = await app.user({ roles: ['donor'], organisationId: world.donorId, seesRestricted: false });
    await donor.get(`${to}/evidence`).expect(200);
    await donor.get(`/v1/evidence/${id}`).expect(200);
    expect(await eventsOf(app, 'commitment.evidence.read', restricted)).toMatchObject([{ actorId: donor.userId, recordKind: 'commitment', detail: { restricted: [id] } }]);
    expect(await eventsOf(app, 'evidence.read', id)).toMatchObject([{ actorId: donor.userId }]);
  });
});

describe('a document is withdrawn', () => {
  test('with its reason, once; its content is for auditors and administrators from then on, and can be attached again', async () => {
    const content = newPdf();
    const { id } = await uploaded(world, officer, commitmentPath, { content });
    const withdraw = (body: object = { reason: 'Mauvais document' }) => officer.post(`/v1/evidence/${id}/withdraw`, body);
    expect((await withdraw()).body).toMatchObject({ status: 428, code: 'PRECONDITION_REQUIRED' });
    expect((await withdraw().set('if-match', '"2"')).body).toMatchObject({ status: 412, code: 'STALE' });
    expect((await withdraw({ reason: ' x ' }).set('if-match', '"1"')).body).toMatchObject({ status: 400, code: 'VALIDATION' });
    const { body, headers } = await withdraw().set('if-match', '"1"').expect(200);
    expect(body).toMatchObject({ id, version: 2, withdrawn: { by: officer.userId, reason: 'Mauvais document' } });
    expect(headers.etag).toBe('"2"');
    expect((await withdraw().set('if-match', '"1"')).body).toMatchObject({ status: 412, code: 'STALE' });
    expect((await withdraw().set('if-match', '"2"')).body).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
    expect(await eventsOf(app, 'evidence.withdraw', id)).toMatchObject([{ actorId: officer.userId, reason: 'Mauvais document' }]);

    expect((await officer.get(`/v1/evidence/${id}`).expect(200)).body).toEqual(body);
    const refused = await request(app.app).get(`/v1/evidence/${id}/content`).set('authorization', `Bearer ${officer.token}`);
    expect([refused.status, refused.body]).toMatchObject([403, { code: 'FORBIDDEN', title: 'Votre rôle ne le permet pas' }]);
    for (const role of ['auditor', 'administrator'] as const) expect((await contentOf(await app.user({ roles: [role] }), id).expect(200)).body).toEqual(content);

    const again = await uploaded(world, officer, commitmentPath, { content });
    expect(again.id).not.toBe(id);
    expect((await contentOf(officer, again.id).expect(200)).body).toEqual(content);
  });

  test('of two at the same time, one', async () => {
    const { id } = await uploaded(world, officer, commitmentPath);
    const both = await Promise.all([1, 2].map(() => officer.post(`/v1/evidence/${id}/withdraw`, { reason: 'Doublon' }).set('if-match', '"1"')));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('the database changes and deletes nothing else', async () => {
    const { id } = await uploaded(world, officer, commitmentPath);
    const { db } = app.deps;
    await expect(db.evidenceDocument.update({ where: { id }, data: { sha256: '0'.repeat(64) } })).rejects.toThrow('append-only');
    await expect(db.evidenceDocument.delete({ where: { id } })).rejects.toThrow();
    const withdrawal = { withdrawnBy: officer.userId, withdrawnAt: new Date(), withdrawalReason: 'Erreur' };
    await expect(db.evidenceDocument.update({ where: { id }, data: { ...withdrawal, withdrawalReason: null } })).rejects.toThrow('evidence_document_withdrawn');
    await db.evidenceDocument.update({ where: { id }, data: withdrawal });
    await expect(db.evidenceDocument.update({ where: { id }, data: { withdrawnBy: null, withdrawnAt: null, withdrawalReason: null } })).rejects.toThrow('append-only');
  });
});

describe('the store', () => {
  const fileOf = ({ deps }: TestApp, id: string) => path.join(deps.config.evidenceDir, id.slice(-2), id);

  test('what it changed or lost is never sent, and is logged; nobody has downloaded it', async () => {
    const log = jest.spyOn(app.deps.log, 'error');
    const changed = await uploaded(world, officer, commitmentPath);
    const file = fileOf(app, changed.id);
    const before = await readFile(file);
    before[20]! ^= 1;
    await writeFile(file, before);
    const lost = await uploaded(world, officer, commitmentPath);
    await app.deps.evidence.remove(lost.id);
    for (const { id } of [changed, lost]) {
      const { status, body, headers } = await officer.get(`/v1/evidence/${id}/content`);
      expect([status, body]).toMatchObject([500, { code: 'EVIDENCE_CORRUPT', title: 'The document is no longer the one that was uploaded' }]);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(log).toHaveBeenCalledWith(expect.objectContaining({ evidenceId: id }), 'EVIDENCE_CORRUPT');
      expect(await eventsOf(app, 'evidence.download', id)).toEqual([]);
    }
    const french = await request(app.app).get(`/v1/evidence/${lost.id}/content`).set('authorization', `Bearer ${officer.token}`);
    expect((french.body as { title: string }).title).toBe('Le document n’est plus celui qui a été déposé');
  });

  test('that does not answer is no missing document', async () => {
    const { id } = await uploaded(world, officer, commitmentPath);
    jest.spyOn(app.deps.evidence, 'get').mockRejectedValueOnce(new Error('S3 did not answer'));
    expect((await officer.get(`/v1/evidence/${id}/content`)).body).toMatchObject({ status: 503, code: 'BUSY' });
    await officer.get(`/v1/evidence/${id}/content`).expect(200);
  });

  test('that hangs is left before the transaction ends, and what it keeps later is removed', async () => {
    const { evidence } = app.deps;
    const { id } = await uploaded(world, officer, commitmentPath);
    const before = await storedKeys(app);
    const put = evidence.put.bind(evidence);
    jest.spyOn(evidence, 'put').mockImplementationOnce((...args) => sleep(13_000).then(() => put(...args)));
    jest.spyOn(evidence, 'get').mockReturnValueOnce(new Promise(() => undefined));
    const [upOne, download] = await Promise.all([upload(world, officer, commitmentPath, [{}]), officer.get(`/v1/evidence/${id}/content`)]);
    for (const { status, body } of [upOne, download]) expect([status, body]).toMatchObject([503, { code: 'BUSY' }]);
    await sleep(2_000);
    expect(await storedKeys(app)).toEqual(before);
    await officer.get(`/v1/evidence/${id}/content`).expect(200);
  }, 30_000);

  test('what a crash between store and commit leaves there is swept away when it is old, and nothing else is', async () => {
    const own = await start();
    const { deps } = own.app;
    const kept = await uploaded(own, own.people.officer, `/v1/commitments/${own.commitment}`);
    const superuser = new Sql({ connectionString: own.app.database.superuserUrl });
    await superuser.connect();
    const put = deps.evidence.put.bind(deps.evidence);
    jest.spyOn(deps.evidence, 'put').mockImplementationOnce(async (...args) => {
      await put(...args);
      await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`);
    });
    const { status } = await upload(own, own.people.officer, `/v1/commitments/${own.commitment}`, [{}]);
    await superuser.end();
    expect([500, 503]).toContain(status);
    expect(await deps.db.evidenceDocument.count()).toBe(1);
    const [orphan] = (await storedKeys(own.app)).filter((key) => key !== kept.id);
    expect(orphan).toBeDefined();

    const later = (days: number) => ({ ...deps, clock: { now: () => new Date(Date.now() + days * DAY_MS) } });
    await deps.evidence.put('0123456789abcdef0123456789abcdef', Buffer.from('not ours'), 'image/png');
    expect(await sweepEvidence(later(6))).toBe(0);
    expect(await sweepEvidence(later(8))).toBe(1);
    expect(await storedKeys(own.app)).toEqual(['0123456789abcdef0123456789abcdef', kept.id].sort());
    expect(await sweepEvidence(later(8))).toBe(0);
    await own.app.close();
  });

  test('of another database is not swept', async () => {
    const own = await start();
    for (let n = 0; n < 11; n += 1) await own.app.deps.evidence.put(newId(), Buffer.from('x'), 'image/png');
    const later = { ...own.app.deps, clock: { now: () => new Date(Date.now() + 8 * DAY_MS) } };
    await expect(sweepEvidence(later)).rejects.toThrow('11 of 11 contents of evidence have no document');
    expect(await storedKeys(own.app)).toHaveLength(11);
    await own.app.close();
  });
});

describe('in S3', () => {
  let s3: FakeS3;
  let own: World;
  beforeAll(async () => {
    s3 = await startFakeS3();
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3.config;
    own = await start({ config: { evidenceStore: 's3', s3Endpoint: endpoint, s3Region: region, s3Bucket: bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } });
  });
  afterAll(async () => {
    await own.app.close();
    await s3.stop();
  });

  test('the same, from upload to sweep', async () => {
    const to = `/v1/commitments/${own.commitment}`;
    const content = newPdf();
    const { id } = await uploaded(own, own.people.officer, to, { content });
    expect(s3.objects.get(id)).toEqual({ content, mediaType: 'application/pdf' });
    expect((await contentOf(own.people.officer, id).expect(200)).body).toEqual(content);
    for (let n = 0; n < 5; n += 1) await own.app.deps.evidence.put(newId(), Buffer.from('x'), 'image/png');
    expect(await sweepEvidence({ ...own.app.deps, clock: { now: () => new Date(Date.now() + 8 * DAY_MS) } })).toBe(5);
    expect([...s3.objects.keys()]).toEqual([id]);
  });

  test('a bucket that refuses keeps nothing', async () => {
    const before = s3.objects.size;
    s3.failNext(403, 'AccessDenied');
    const { body } = await upload(own, own.people.officer, `/v1/commitments/${own.commitment}`, [{}]);
    expect(body).toMatchObject({ status: 503, code: 'BUSY' });
    expect(s3.objects.size).toBe(before);
    expect(await own.app.deps.db.evidenceDocument.count({ where: { commitmentId: own.commitment } })).toBe(1);
  });

  test('a folder without documents lists nothing', async () => {
    const empty = await start();
    expect(await storedKeys(empty.app)).toEqual([]);
    await expect(readdir(empty.app.deps.config.evidenceDir)).rejects.toThrow('ENOENT');
    await empty.app.close();
  });
});

describe('with a virus scanner', () => {
  let scanner: Server;
  let own: World;
  let to: string;
  beforeAll(async () => {
    scanner = clamd((content) => (content.includes(EICAR) ? 'stream: Eicar-Signature FOUND\0' : 'stream: OK\0'));
    await new Promise<void>((resolve) => scanner.listen(0, '127.0.0.1', resolve));
    own = await start({ config: { clamdAddress: `127.0.0.1:${(scanner.address() as AddressInfo).port}` } });
    to = `/v1/commitments/${own.commitment}`;
  });
  afterAll(() => own.app.close());

  test('a clean document says so', async () => {
    expect(await uploaded(own, own.people.officer, to)).toMatchObject({ scan: 'clean' });
  });

  test('an infected one is refused with all that came with it, and audited', async () => {
    const infected = Buffer.concat([PDF, EICAR, Buffer.from('\n%%EOF\n')]);
    const before = await storedKeys(own.app);
    const english = await upload(own, own.people.officer, to, [{}, { name: 'Facture Traoré.pdf', content: infected }]);
    expect([english.status, english.body]).toMatchObject([422, { code: 'EVIDENCE_INFECTED', detail: expect.stringContaining('Eicar-Signature in “Facture Traoré.pdf”') }]);
    const french = await upload(own, own.people.officer, to, [{ content: infected }], { language: 'fr' });
    expect(french.body).toMatchObject({ title: 'Le document contient un virus' });
    expect(await storedKeys(own.app)).toEqual(before);
    expect(await own.app.deps.db.evidenceDocument.count()).toBe(1);
    const events = await eventsOf(own.app, 'evidence.infected', own.commitment);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ actorId: own.people.officer.userId, recordKind: 'commitment', detail: { signature: 'Eicar-Signature', sha256: sha256(infected) }, personal: { name: 'Facture Traoré.pdf' } });
    expect(JSON.stringify(events[0]?.detail)).not.toContain('Traoré');
  });

  test('away, nothing is kept unscanned', async () => {
    await new Promise((resolve) => scanner.close(resolve));
    const before = await storedKeys(own.app);
    const english = await upload(own, own.people.officer, to, [{}]);
    expect([english.status, english.body]).toMatchObject([503, { code: 'EVIDENCE_NOT_SCANNED', title: 'The virus scanner does not answer' }]);
    expect(english.headers['retry-after']).toBe('2');
    const french = await upload(own, own.people.officer, to, [{}], { language: 'fr' });
    expect(french.body).toMatchObject({ title: 'L’antivirus ne répond pas' });
    expect(await storedKeys(own.app)).toEqual(before);
    expect(await own.app.deps.db.evidenceDocument.count()).toBe(1);
  });
});

test('a disbursement of Niger is not reached through a document of Mali', async () => {
  const niger = await world.flows.commitment(NIGER);
  const { id } = await uploaded(world, officer, `/v1/commitments/${niger}`);
  const officerMli = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
  await officerMli.get(`/v1/evidence/${id}`).expect(404);
  await officerMli.get(`/v1/commitments/${niger}/evidence`).expect(404);
});
