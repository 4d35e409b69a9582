import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Prisma } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { type Answered, bodies, eur, Flows, NIGER, SHARED, type Stage } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, type People } from '../support/ledger.js';

let app: TestApp;
let people: People;
let donorId: string;
let flows: Flows;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  donorId = await createOrganisation(app, 'Exemplie');
  flows = new Flows(app, people, donorId);
  await addRate(app, 'USD', '2025-01-02', '1.0800');
  await addRate(app, 'USD', '2025-05-02', '1.1300');
});
afterAll(() => app.close());

const ofCommitment = (id: string) => flows.standing(Prisma.sql`commitment_id = ${id}::uuid`);
const readCommitment = (id: string, by?: Client) => flows.read(`/v1/commitments/${id}`, by);
const readPayment = (id: string) => flows.read(`/v1/disbursements/${id}`);

async function refused(asked: PromiseLike<{ status: number; body: unknown }>): Promise<unknown[]> {
  const { status, body } = await asked;
  return [status, (body as { code?: string }).code];
}

describe('four eyes', () => {
  test('who edited a draft never decides on it, even when somebody else was the last to prepare and submit it', async () => {
    const id = await flows.draft(await flows.commitment(), '100.00');
    await people.officer.edit(`/v1/disbursements/${id}`, { description: 'Deuxième version' }).expect(200);
    const { body } = await people.officer.act(`/v1/disbursements/${id}/submit`).expect(200);
    expect(body).toMatchObject({ preparedBy: people.officer.userId, submittedBy: people.officer.userId });
    expect(await refused(people.second.act(`/v1/disbursements/${id}/approve`))).toEqual([403, 'FOUR_EYES']);
    expect(await refused(people.second.act(`/v1/disbursements/${id}/reject`, { reason: 'Non' }))).toEqual([403, 'FOUR_EYES']);
    await flows.approve('disbursements', id);
  });

  test('who only submitted it never decides either', async () => {
    const { body } = await people.officer.post('/v1/disbursements', bodies.payment(await flows.commitment(), '100.00')).expect(201);
    const id = (body as Answered).id;
    await people.second.act(`/v1/disbursements/${id}/submit`).expect(200);
    expect(await refused(people.second.act(`/v1/disbursements/${id}/approve`))).toEqual([403, 'FOUR_EYES']);
  });

  test('the administrator neither prepares nor approves by that role, and never the own acts with every role there is', async () => {
    const commitmentId = await flows.commitment();
    const administrator = await app.user({ roles: ['administrator'], states: ['MLI'] });
    const everything = await app.user({ roles: ['administrator', 'finance_officer', 'approver', 'donor', 'minister', 'auditor'], states: ['MLI'] });
    expect(await refused(administrator.post('/v1/disbursements', bodies.payment(commitmentId, '1.00')))).toEqual([403, 'FORBIDDEN']);
    expect(await refused(administrator.act(`/v1/disbursements/${await flows.submitted(commitmentId, '1.00')}/approve`))).toEqual([403, 'FORBIDDEN']);

    const payment = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00'), everything);
    await flows.act(`/v1/disbursements/${payment}/submit`, {}, everything);
    const amendment = await flows.post(`/v1/commitments/${commitmentId}/amendments`, bodies.amendment('1.00'), everything);
    const reversal = await flows.post('/v1/reversals', bodies.reversal('disbursement', await flows.paid(commitmentId, '1.00')), everything);
    for (const path of [`disbursements/${payment}`, `amendments/${amendment}`, `reversals/${reversal}`]) {
      expect(await refused(everything.act(`/v1/${path}/approve`))).toEqual([403, 'FOUR_EYES']);
      expect(await refused(everything.act(`/v1/${path}/reject`, { reason: 'Non' }))).toEqual([403, 'FOUR_EYES']);
      await people.approver.act(`/v1/${path}/approve`).expect(200);
    }
  });

  test('nobody decides twice, nor after somebody else', async () => {
    const commitmentId = await flows.commitment();
    const decided = {
      disbursements: await flows.submitted(commitmentId, '1.00'),
      amendments: await flows.amendment(commitmentId, '1.00'),
      reversals: await flows.reversal('disbursement', await flows.paid(commitmentId, '1.00')),
    };
    for (const [what, id] of Object.entries(decided)) {
      await people.approver.act(`/v1/${what}/${id}/approve`).expect(200);
      expect(await refused(people.approver.act(`/v1/${what}/${id}/approve`))).toEqual([409, 'STATE_CONFLICT']);
      expect(await refused(people.approver.act(`/v1/${what}/${id}/reject`, { reason: 'Trop tard' }))).toEqual([409, 'STATE_CONFLICT']);
    }
  });
});

describe('the life of a disbursement', () => {
  test('from draft to receipt, it counts from its approval on', async () => {
    const commitmentId = await flows.commitment({ amount: '900.00' });
    const disbursed = async () => (await readCommitment(commitmentId)).disbursed;
    const id = await flows.draft(commitmentId, '250.00');
    expect(await readPayment(id)).toMatchObject({ status: 'draft', submittedBy: null, decidedBy: null, receivedOn: null });
    await flows.act(`/v1/disbursements/${id}/submit`);
    expect(await readPayment(id)).toMatchObject({ status: 'submitted', submittedBy: people.second.userId, decidedBy: null });
    expect(await disbursed()).toEqual(eur('0.00'));
    await flows.approve('disbursements', id);
    expect(await readPayment(id)).toMatchObject({ status: 'approved', decidedBy: people.approver.userId });
    expect(await disbursed()).toEqual(eur('250.00'));
    const { body } = await people.officer.act(`/v1/disbursements/${id}/receive`, { receivedOn: '2025-04-11' }).expect(200);
    expect(body).toMatchObject({ status: 'received', receivedOn: '2025-04-11', receivedBy: people.officer.userId });
    expect(await readCommitment(commitmentId)).toMatchObject({ disbursed: eur('250.00'), undisbursed: eur('650.00') });
    // 900 and 250 EUR at 1.08.
    expect(await ofCommitment(commitmentId)).toEqual([
      { stage: 'commitment', own: 90_000, usd: 97_200, eur: 90_000, xof: 590_361 },
      { stage: 'disbursement', own: 25_000, usd: 27_000, eur: 25_000, xof: 163_989 },
    ]);
  });

  test('in a draft, what is absent stays, null clears, and whoever changes it is among those who prepared it', async () => {
    const commitmentId = await flows.commitment();
    const evidence = { reference: 'SWIFT-1', link: 'https://exemple.org/1' };
    const id = await flows.post('/v1/disbursements', bodies.payment(commitmentId, '100.00', { evidence }));
    const patch = async (body: object) => (await people.officer.edit(`/v1/disbursements/${id}`, body).expect(200)).body as Answered;
    const before = await readPayment(id);

    expect(await patch({})).toEqual({ ...before, preparedBy: people.officer.userId, version: 2 });
    expect(await patch({ description: 'Deuxième tranche' })).toMatchObject({ amount: eur('100.00'), valueDate: '2025-04-10', evidence, description: 'Deuxième tranche' });
    expect(await patch({ amount: eur('90.5') })).toMatchObject({ amount: eur('90.50'), description: 'Deuxième tranche', evidence });
    expect(await patch({ valueDate: '2025-04-12' })).toMatchObject({ amount: eur('90.50'), valueDate: '2025-04-12' });
    expect(await patch({ evidence: { reference: null } })).toMatchObject({ evidence: { reference: null, link: evidence.link } });
    expect(await patch({ evidence: { reference: 'SWIFT-2' } })).toMatchObject({ evidence: { reference: 'SWIFT-2', link: evidence.link } });
    expect(await patch({ evidence: { reference: null, link: null } })).toMatchObject({ evidence: { reference: null, link: null }, description: 'Deuxième tranche' });
    expect(await readPayment(id)).toMatchObject({ reference: before.reference, preparedAt: before.preparedAt, status: 'draft' });
  });

  test('turned down, it stays on record with the reason, counts nowhere and is at its end', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const id = await flows.submitted(commitmentId, '100.00');
    const { body } = await people.approver.act(`/v1/disbursements/${id}/reject`, { reason: 'Pièce manquante' }).expect(200);
    expect(body).toMatchObject({ status: 'rejected', rejectionReason: 'Pièce manquante', decidedBy: people.approver.userId });
    for (const path of ['submit', 'approve']) expect(await refused(people[path === 'submit' ? 'officer' : 'approver'].act(`/v1/disbursements/${id}/${path}`))).toEqual([409, 'STATE_CONFLICT']);
    expect(await refused(people.officer.edit(`/v1/disbursements/${id}`, { description: 'Autre' }))).toEqual([409, 'STATE_CONFLICT']);
    await flows.paid(commitmentId, '100.00');
  });

  test('drafts and submissions reserve nothing: whoever is approved first is paid', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const [first, second] = [await flows.submitted(commitmentId, '60.00'), await flows.submitted(commitmentId, '60.00')];
    await flows.approve('disbursements', second);
    expect(await refused(people.approver.act(`/v1/disbursements/${first}/approve`))).toEqual([422, 'EXCEEDS_COMMITMENT']);
    await flows.reverse('disbursement', second);
    await flows.approve('disbursements', first);
    expect(await readCommitment(commitmentId)).toMatchObject({ disbursed: eur('60.00') });
  });

  test.each(['approved', 'received'])('reversed after it was %s, it frees the commitment and cancels out in the journal', async (status) => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    const id = await flows.paid(commitmentId, '99.99');
    if (status === 'received') await people.officer.act(`/v1/disbursements/${id}/receive`, { receivedOn: '2025-04-10' }).expect(200);
    const asked = await flows.reversal('disbursement', id);
    expect(await readCommitment(commitmentId)).toMatchObject({ disbursed: eur('99.99') });
    await flows.approve('reversals', asked);
    expect(await readPayment(id)).toMatchObject({ status: 'reversed' });
    expect(await readCommitment(commitmentId)).toMatchObject({ disbursed: eur('0.00'), undisbursed: eur('100.00') });
    expect(await flows.standing(Prisma.sql`disbursement_id = ${id}::uuid`)).toEqual([]);
    await flows.paid(commitmentId, '100.00');
  });
});

describe('amendments', () => {
  test('up and down change the commitment and its pledge once they are approved', async () => {
    const pledgeId = await flows.pledge({ amount: '1000.00' });
    const commitmentId = await flows.commitmentOf(pledgeId, '600.00');
    const figures = async () => {
      const [pledge, commitment] = [await flows.read(`/v1/pledges/${pledgeId}`), await readCommitment(commitmentId)];
      return [pledge.committed, pledge.outstanding, commitment.current, commitment.amount].map((money) => (money as { amount: string }).amount);
    };
    const up = await flows.amendment(commitmentId, '150.00');
    expect(await figures()).toEqual(['600.00', '400.00', '600.00', '600.00']);
    await flows.approve('amendments', up);
    expect(await figures()).toEqual(['750.00', '250.00', '750.00', '600.00']);
    await flows.amend(commitmentId, '-250.00');
    expect(await figures()).toEqual(['500.00', '500.00', '500.00', '600.00']);
    const rejected = await flows.reject('amendments', await flows.amendment(commitmentId, '-100.00'));
    expect(await flows.read(`/v1/amendments/${rejected}`)).toMatchObject({ status: 'rejected', decisionReason: 'Pièce manquante', delta: eur('-100.00') });
    expect(await figures()).toEqual(['500.00', '500.00', '500.00', '600.00']);
  });

  test('a rise takes the room of the pledge to the last cent, a fall gives it back', async () => {
    const pledgeId = await flows.pledge({ amount: '1000.00' });
    const [one, other] = [await flows.commitmentOf(pledgeId, '400.00'), await flows.commitmentOf(pledgeId, '500.00')];
    expect(await refused(people.officer.post(`/v1/commitments/${one}/amendments`, bodies.amendment('100.01')))).toEqual([422, 'EXCEEDS_PLEDGE']);
    const [first, second] = [await flows.amendment(one, '100.00'), await flows.amendment(other, '0.01')];
    await flows.approve('amendments', first);
    expect(await refused(people.approver.act(`/v1/amendments/${second}/approve`))).toEqual([422, 'EXCEEDS_PLEDGE']);
    await flows.amend(one, '-0.01');
    await flows.approve('amendments', second);
    expect(await flows.read(`/v1/pledges/${pledgeId}`)).toMatchObject({ committed: eur('1000.00'), outstanding: eur('0.00') });
  });

  test('without a pledge, a commitment rises without such a bound', async () => {
    const commitmentId = await flows.commitment({ amount: '1.00' });
    await flows.amend(commitmentId, '1000000.00');
    expect(await readCommitment(commitmentId)).toMatchObject({ amount: eur('1.00'), current: eur('1000001.00') });
  });

  test('a fall stops at what has been paid, and a later payment can make it too deep', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00' });
    await flows.paid(commitmentId, '40.00');
    expect(await refused(people.officer.post(`/v1/commitments/${commitmentId}/amendments`, bodies.amendment('-60.01')))).toEqual([422, 'BELOW_DISBURSED']);
    const fall = await flows.amendment(commitmentId, '-60.00');
    await flows.paid(commitmentId, '0.01');
    expect(await refused(people.approver.act(`/v1/amendments/${fall}/approve`))).toEqual([422, 'BELOW_DISBURSED']);
    await flows.amend(commitmentId, '-59.99');
    expect(await readCommitment(commitmentId)).toMatchObject({ current: eur('40.01'), undisbursed: eur('0.00') });
  });

  test('raised at one rate and lowered to nothing at another, it leaves nothing in any currency', async () => {
    const commitmentId = await flows.commitment({ amount: '100.00', valueDate: '2025-03-20' });
    await flows.amend(commitmentId, '33.33', { valueDate: '2025-05-10' });
    // 100.00 EUR at 1.08 and 33.33 EUR at 1.13.
    expect(await ofCommitment(commitmentId)).toEqual([{ stage: 'commitment', own: 13_333, usd: 10_800 + 3_766, eur: 13_333, xof: 65_596 + 21_863 }]);
    await flows.amend(commitmentId, '-50.01', { valueDate: '2025-05-11' });
    await flows.amend(commitmentId, '-83.32', { valueDate: '2025-05-11' });
    expect(await readCommitment(commitmentId)).toMatchObject({ current: eur('0.00'), status: 'active' });
    expect(await ofCommitment(commitmentId)).toEqual([]);
    expect(await refused(people.officer.post('/v1/disbursements', bodies.payment(commitmentId, '0.01')))).toEqual([422, 'EXCEEDS_COMMITMENT']);
    await flows.amend(commitmentId, '5.00');
    expect(await ofCommitment(commitmentId)).toEqual([{ stage: 'commitment', own: 500, usd: 565, eur: 500, xof: 3_280 }]);
  });
});

describe('reversals', () => {
  let pledgeId: string;
  let commitmentId: string;
  let paymentId: string;

  beforeEach(async () => {
    pledgeId = await flows.pledge({ amount: '1000.00' });
    commitmentId = await flows.commitmentOf(pledgeId, '600.00');
    await flows.amend(commitmentId, '100.00');
    await flows.amend(commitmentId, '-50.00');
    paymentId = await flows.paid(commitmentId, '70.00');
  });

  test('undo from the last child upwards, until the whole promise cancels out', async () => {
    const asked = (stage: Stage, recordId: string) => refused(people.officer.post('/v1/reversals', bodies.reversal(stage, recordId)));
    expect(await asked('pledge', pledgeId)).toEqual([409, 'HAS_CHILDREN']);
    expect(await asked('commitment', commitmentId)).toEqual([409, 'HAS_CHILDREN']);
    await flows.reverse('disbursement', paymentId);
    expect(await asked('pledge', pledgeId)).toEqual([409, 'HAS_CHILDREN']);
    await flows.reverse('commitment', commitmentId);
    expect(await readCommitment(commitmentId)).toMatchObject({ status: 'reversed', amount: eur('600.00') });
    expect(await flows.read(`/v1/pledges/${pledgeId}`)).toMatchObject({ status: 'active', committed: eur('0.00'), outstanding: eur('1000.00') });
    await flows.reverse('pledge', pledgeId);
    expect(await flows.read(`/v1/pledges/${pledgeId}`)).toMatchObject({ status: 'reversed' });
    expect(await flows.standing(Prisma.sql`pledge_id = ${pledgeId}::uuid`)).toEqual([]);
  });

  test('mirror every entry once: the same value date, rates and cells, the opposite amounts', async () => {
    await flows.reverse('disbursement', paymentId);
    await flows.reverse('commitment', commitmentId);
    const { items } = (await people.officer.get(`/v1/journal-entries?commitmentId=${commitmentId}`).expect(200)).body as { items: Answered[] };
    const originals = items.filter((entry) => entry.kind !== 'reversal');
    const mirrors = items.filter((entry) => entry.kind === 'reversal');
    expect(originals.map((entry) => entry.kind)).toEqual(['commitment', 'amendment', 'amendment', 'disbursement']);
    expect(mirrors.map((entry) => entry.reversesId).sort()).toEqual(originals.map((entry) => entry.id).sort());
    for (const mirror of mirrors) {
      const original = originals.find((entry) => entry.id === mirror.reversesId)!;
      expect([mirror.valueDate, mirror.fx, mirror.stage, mirror.reason]).toEqual([original.valueDate, original.fx, original.stage, 'Saisi par erreur']);
      for (const money of ['amount', 'usd', 'eur', 'xof']) {
        const [back, there] = [mirror[money], original[money]] as { amount: string }[];
        expect(back!.amount).toBe(there!.amount.startsWith('-') ? there!.amount.slice(1) : `-${there!.amount}`);
      }
    }
    const left = await app.deps.db.$queryRaw`
      SELECT l.cell, l.stage FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE e.commitment_id = ${commitmentId}::uuid
      GROUP BY l.cell, l.countries, l.value_date, l.stage
      HAVING (sum(l.amount_minor), sum(l.usd_minor), sum(l.eur_minor), sum(l.xof_minor)) <> (0, 0, 0, 0)`;
    expect(left).toEqual([]);
  });

  test('one waits at a time; turned down, it changes nothing and can be asked for again', async () => {
    const first = await flows.reversal('disbursement', paymentId);
    expect(await refused(people.officer.post('/v1/reversals', bodies.reversal('disbursement', paymentId)))).toEqual([409, 'REVERSAL_PENDING']);
    await flows.reject('reversals', first);
    expect(await flows.read(`/v1/reversals/${first}`)).toMatchObject({ status: 'rejected', decisionReason: 'Pièce manquante', stage: 'disbursement', recordId: paymentId });
    expect(await readPayment(paymentId)).toMatchObject({ status: 'approved' });
    expect(await readCommitment(commitmentId)).toMatchObject({ disbursed: eur('70.00') });
    await flows.reverse('disbursement', paymentId);
    expect(await refused(people.officer.post('/v1/reversals', bodies.reversal('disbursement', paymentId)))).toEqual([409, 'NOT_POSTED']);
  });

  test('two that are asked for at once are one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => refused(people.officer.post('/v1/reversals', bodies.reversal('disbursement', paymentId)))));
    expect(answers.sort()).toEqual([[201, undefined], ...Array.from({ length: 4 }, () => [409, 'REVERSAL_PENDING'])]);
  });

  test('a child that came while the reversal waited stops it', async () => {
    const fresh = await flows.pledge();
    const waiting = await flows.reversal('pledge', fresh);
    const child = await flows.commitmentOf(fresh, '1.00');
    expect(await refused(people.approver.act(`/v1/reversals/${waiting}/approve`))).toEqual([409, 'HAS_CHILDREN']);
    await flows.reverse('commitment', child);
    await flows.approve('reversals', waiting);
  });
});

describe('who touches and sees what', () => {
  let officer: Client;
  let approver: Client;
  const ids: Record<'mine' | 'shared' | 'niger', { pledge: string; commitment: string; payment: string; amendment: string; reversal: string }> = {} as never;

  beforeAll(async () => {
    officer = await app.user({ roles: ['finance_officer'], states: ['MLI'] });
    approver = await app.user({ roles: ['approver'], states: ['MLI'] });
    for (const [name, options] of [['mine', {}], ['shared', SHARED], ['niger', NIGER]] as const) {
      const [pledge, commitment] = [await flows.pledge(options), await flows.commitment(options)];
      ids[name] = { pledge, commitment, payment: await flows.submitted(commitment, '1.00'), amendment: await flows.amendment(commitment, '1.00'), reversal: await flows.reversal('pledge', pledge) };
    }
  });

  const pathsOf = ({ pledge, commitment, payment, amendment, reversal }: (typeof ids)['mine']) => [`pledges/${pledge}`, `commitments/${commitment}`, `disbursements/${payment}`, `amendments/${amendment}`, `reversals/${reversal}`];
  const statusesFor = async (client: Client, name: keyof typeof ids) => Promise.all(pathsOf(ids[name]).map(async (path) => (await client.get(`/v1/${path}`)).status));

  /** Which of the three groups a client meets in a list. */
  async function listed(client: Client, list: string, kind: keyof (typeof ids)['mine']): Promise<string[]> {
    const { items } = (await client.get(`/v1/${list}?limit=200`).expect(200)).body as { items: Answered[] };
    const seen = new Set(items.map((item) => item.id));
    return Object.entries(ids).flatMap(([name, one]) => (seen.has(one[kind]) ? [name] : []));
  }

  const lists = [['pledges', 'pledge'], ['commitments', 'commitment'], ['disbursements', 'payment'], ['amendments', 'amendment'], ['reversals', 'reversal']] as const;

  test('an officer of Mali sees the flows that touch Mali, shared ones too, and no others', async () => {
    for (const client of [officer, approver, await app.user({ roles: ['minister'], states: ['MLI'] })]) {
      expect(await statusesFor(client, 'mine')).toEqual([200, 200, 200, 200, 200]);
      expect(await statusesFor(client, 'shared')).toEqual([200, 200, 200, 200, 200]);
      expect(await statusesFor(client, 'niger')).toEqual([404, 404, 404, 404, 404]);
      for (const [list, kind] of lists) expect(await listed(client, list, kind)).toEqual(['mine', 'shared']);
    }
  });

  test('and acts on those of Mali alone: on a shared one it is refused, another one is not there', async () => {
    const acts = (group: (typeof ids)['mine']) => [
      officer.post('/v1/commitments', { pledgeId: group.pledge, amount: eur('1.00'), valueDate: '2025-03-20' }),
      officer.post(`/v1/commitments/${group.commitment}/amendments`, bodies.amendment('2.00')),
      officer.post('/v1/disbursements', bodies.payment(group.commitment, '1.00')),
      approver.act(`/v1/disbursements/${group.payment}/approve`),
      approver.act(`/v1/amendments/${group.amendment}/reject`, { reason: 'Non fondé' }),
    ];
    const answers = async (name: keyof typeof ids) => {
      const statuses: unknown[] = [];
      for (const asked of acts(ids[name])) statuses.push(await refused(asked));
      return statuses;
    };
    expect(await answers('shared')).toEqual(Array.from({ length: 5 }, () => [403, 'OUT_OF_SCOPE']));
    expect(await answers('niger')).toEqual(Array.from({ length: 5 }, () => [404, 'NOT_FOUND']));
    expect(await answers('mine')).toEqual([201, 201, 201, 200, 200].map((status) => [status, undefined]));
  });

  test('a donor reads the own flows wherever they go, and nothing else', async () => {
    const donor = await app.user({ roles: ['donor'], organisationId: donorId });
    const stranger = await app.user({ roles: ['donor'], organisationId: await createOrganisation(app, 'Autrie') });
    for (const name of ['mine', 'shared', 'niger'] as const) {
      expect(await statusesFor(donor, name)).toEqual([200, 200, 200, 200, 200]);
      expect(await statusesFor(stranger, name)).toEqual([404, 404, 404, 404, 404]);
    }
    for (const [list, kind] of lists) {
      expect(await listed(donor, list, kind)).toEqual(['mine', 'shared', 'niger']);
      expect((await stranger.get(`/v1/${list}`).expect(200)).body).toEqual({ items: [], nextCursor: null });
    }
  });

  test.each(['donor', 'minister', 'auditor'] as const)('a %s changes nothing', async (role) => {
    const reader = await app.user({ roles: [role], states: ['MLI'], organisationId: donorId });
    const { pledge, commitment, payment, amendment, reversal } = ids.mine;
    const acts = [
      reader.post('/v1/pledges', flowBody(donorId)),
      reader.post('/v1/commitments', bodies.commitmentOf(pledge, '1.00')),
      reader.post(`/v1/commitments/${commitment}/amendments`, bodies.amendment('1.00')),
      reader.post('/v1/disbursements', bodies.payment(commitment, '1.00')),
      reader.edit(`/v1/disbursements/${payment}`, { description: 'Autre' }),
      reader.post('/v1/reversals', bodies.reversal('pledge', pledge)),
      ...[`disbursements/${payment}`, `amendments/${amendment}`, `reversals/${reversal}`].map((path) => reader.act(`/v1/${path}/approve`)),
    ];
    for (const asked of acts) expect(await refused(asked)).toEqual([403, 'FORBIDDEN']);
  });

  test('the journal shows officers and approvers the entries of the own states, an auditor all, others none', async () => {
    const auditor = await app.user({ roles: ['auditor'] });
    const entriesOf = async (client: Client, name: keyof typeof ids) => ((await client.get(`/v1/journal-entries?kind=pledge&pledgeId=${ids[name].pledge}`).expect(200)).body as { items: unknown[] }).items.length;
    expect([await entriesOf(officer, 'mine'), await entriesOf(officer, 'shared'), await entriesOf(officer, 'niger')]).toEqual([1, 1, 0]);
    expect(await entriesOf(auditor, 'niger')).toBe(1);
    const donor = await app.user({ roles: ['donor'], organisationId: donorId });
    expect(await refused(donor.get('/v1/journal-entries'))).toEqual([403, 'FORBIDDEN']);
  });
});

describe('paging', () => {
  const days = ['2025-03-20', '2025-03-21', '2025-03-20', '2025-03-25', '2025-03-22', '2025-03-20', '2025-03-21'];
  let owner: string;
  let commitmentId: string;
  /** One more record for each list. */
  const more: Record<string, (valueDate: string) => Promise<string>> = {
    pledges: (valueDate) => flows.post('/v1/pledges', flowBody(owner, { valueDate })),
    commitments: (valueDate) => flows.post('/v1/commitments', flowBody(owner, { valueDate })),
    disbursements: (valueDate) => flows.post('/v1/disbursements', bodies.payment(commitmentId, '1.00', { valueDate })),
    amendments: (valueDate) => flows.amendment(commitmentId, '1.00', { valueDate }),
    reversals: async () => flows.reversal('pledge', await flows.pledge()),
  };
  const rows: Record<string, string[]> = {};
  const ours: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    owner = await createOrganisation(app, 'Pagie');
    commitmentId = await flows.post('/v1/commitments', flowBody(owner, { valueDate: '2025-03-01' }));
    Object.assign(ours, { pledges: { donorId: owner }, commitments: { donorId: owner }, disbursements: { commitmentId }, amendments: { commitmentId }, reversals: { stage: 'pledge' } });
    for (const [list, create] of Object.entries(more)) {
      rows[list] = [];
      for (const day of days) rows[list].push(await create(day));
    }
  });

  interface Page {
    readonly items: readonly Answered[];
    readonly nextCursor: string | null;
  }

  /** Walks to the end, with something done between two pages. */
  async function walk(list: string, sort: string, between: () => Promise<unknown> = () => Promise.resolve()): Promise<readonly Answered[]> {
    const found: Answered[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < 60; pages += 1) {
      const query = new URLSearchParams({ ...ours[list], sort, limit: '3', ...(cursor !== null && { cursor }) });
      const page: Page = (await people.officer.get(`/v1/${list}?${query.toString()}`).expect(200)).body as Page;
      found.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === null) return found;
      expect(page.items).toHaveLength(3);
      if (pages < 2) await between();
    }
    throw new Error('no end');
  }

  const dated = ['recordedAt', '-recordedAt', 'valueDate', '-valueDate', 'reference', '-reference'];
  const sorts = ['pledges', 'commitments', 'disbursements'].flatMap((list) => dated.map((sort) => [list, sort] as const));
  const plain = ['amendments', 'reversals'].flatMap((list) => ['recordedAt', '-recordedAt'].map((sort) => [list, sort] as const));

  test.each([...sorts, ...plain])('%s by %s: no row is lost or doubled while others are added', async (list, sort) => {
    let day = 0;
    const found = await walk(list, sort, () => more[list]!(days[(day += 1)]!));
    const seen = found.map((item) => item.id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(rows[list]!));
    const column = sort.replace('-', '').replace('recordedAt', 'id');
    const values = found.map((item) => String(item[column]));
    const ascending = sort.startsWith('-') ? values.toReversed() : values;
    expect(ascending).toEqual([...ascending].sort());
    const firstRows = (ids: readonly string[]) => ids.filter((id) => rows[list]!.includes(id));
    expect(firstRows((await walk(list, sort)).map((item) => item.id))).toEqual(firstRows(seen));
  });

  test('a cursor belongs to its sort, and is nothing one can make up', async () => {
    const { body } = await people.officer.get('/v1/pledges?sort=valueDate&limit=1').expect(200);
    const cursor = (body as Page).nextCursor!;
    await people.officer.get(`/v1/pledges?sort=valueDate&limit=1&cursor=${cursor}`).expect(200);
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong = [
      `sort=-valueDate&cursor=${cursor}`,
      `sort=reference&cursor=${cursor}`,
      `cursor=${cursor}`,
      'sort=valueDate&cursor=nonsense',
      'sort=valueDate&cursor=',
      `sort=valueDate&cursor=${encoded(['valueDate', '0000-00-00', newId()])}`,
      `sort=valueDate&cursor=${encoded(['valueDate', '2025-03-20', 'no uuid'])}`,
      `sort=reference&cursor=${encoded(['reference', 'a\0', newId()])}`,
    ];
    for (const query of wrong) expect([query, ...(await refused(people.officer.get(`/v1/pledges?${query}`)))]).toEqual([query, 400, 'CURSOR_INVALID']);
  });

  test('a page that is just full has no next one', async () => {
    const query = `commitmentId=${commitmentId}&status=draft`;
    const all = (await people.officer.get(`/v1/disbursements?${query}&limit=200`).expect(200)).body as Page;
    expect(all.nextCursor).toBeNull();
    const full = (await people.officer.get(`/v1/disbursements?${query}&limit=${all.items.length}`).expect(200)).body as Page;
    expect([full.items.length, full.nextCursor]).toEqual([all.items.length, null]);
  });

  test.each(['limit=0', 'limit=201', 'limit=1.5', 'limit=-1', 'limit=1&limit=2', 'sort=amount', 'sort=--valueDate', 'page=2', 'from=2025-02-30', 'donorId=1', 'status=draft'])('pledges?%s is not understood', async (query) =>
    expect(await refused(people.officer.get(`/v1/pledges?${query}`))).toEqual([400, 'VALIDATION']),
  );
});

describe('filters', () => {
  let owner: string;
  let fundId: string;
  let eventId: string;
  const ids: Record<string, string> = {};
  const nameOf = (id: string) => Object.entries(ids).find(([, one]) => one === id)?.[0] ?? id;

  beforeAll(async () => {
    owner = await createOrganisation(app, 'Filtrie');
    const administrator = await app.user({ roles: ['administrator'] });
    fundId = await flows.post('/v1/pooled-funds', { code: 'F-TEST', nameFr: 'Fonds', nameEn: 'Fund', currency: 'EUR', countries: ['TGO'] }, administrator);
    eventId = await flows.post('/v1/events', { code: 'E-TEST', nameFr: 'Forum', nameEn: 'Forum', startsOn: '2025-03-01' }, administrator);
    const flow = (options: Parameters<typeof flowBody>[1]) => flowBody(owner, options);
    ids.plain = await flows.post('/v1/pledges', flow({ valueDate: '2025-03-01' }));
    ids.shared = await flows.post('/v1/pledges', flow({ ...SHARED, valueDate: '2025-03-05' }));
    ids.fund = await flows.post('/v1/pledges', flow({ splits: {}, valueDate: '2025-03-06', more: { destination: { kind: 'fund', fundId }, mechanism: 'pooled_fund', eventId, restricted: true } }));
    ids.imported = await flows.post('/v1/pledges', flow({ valueDate: '2025-03-07' }));
    await app.deps.db.pledge.update({ where: { id: ids.imported }, data: { sourceSystem: 'fts', externalId: '42' } });
    ids.gone = await flows.post('/v1/pledges', flow({ valueDate: '2025-03-08' }));
    ids.goneReversal = await flows.reverse('pledge', ids.gone);

    ids.signed = await flows.commitmentOf(ids.plain, '100.00');
    ids.free = await flows.post('/v1/commitments', flow({ ...NIGER, valueDate: '2025-03-21' }));
    ids.draft = await flows.draft(ids.signed, '1.00');
    ids.paid = await flows.paid(ids.free, '2.00');
    ids.asked = await flows.amendment(ids.signed, '1.00');
    ids.granted = await flows.amend(ids.free, '1.00');
    ids.waiting = await flows.reversal('disbursement', ids.paid);
  });

  const pledgeQueries = (): readonly (readonly [string, readonly string[]])[] => [
    ['', ['plain', 'shared', 'fund', 'imported', 'gone']],
    ['country=NER', ['shared']],
    ['country=TGO', ['fund']],
    ['country=MLI', ['plain', 'shared', 'imported', 'gone']],
    ['mechanism=pooled_fund', ['fund']],
    [`fundId=${fundId}`, ['fund']],
    [`eventId=${eventId}`, ['fund']],
    ['restricted=true', ['fund']],
    ['restricted=false&status=active', ['plain', 'shared', 'imported']],
    ['status=reversed', ['gone']],
    ['externalId=42', ['imported']],
    ['from=2025-03-05&to=2025-03-07', ['shared', 'fund', 'imported']],
    ['to=2025-03-01', ['plain']],
    ['from=2025-03-09', []],
    ['country=NER&mechanism=pooled_fund', []],
  ];

  const found = async (path: string) => ((await people.officer.get(path).expect(200)).body as { items: Answered[] }).items.map((item) => nameOf(item.id));

  test('each narrows the pledges, several narrow them together', async () => {
    for (const [query, names] of pledgeQueries()) expect([query, await found(`/v1/pledges?sort=recordedAt&donorId=${owner}&${query}`)]).toEqual([query, names]);
  });

  test('a reference finds its record', async () => {
    const { reference } = await flows.read(`/v1/pledges/${ids.fund!}`);
    expect(reference).toMatch(/^ANN-2025-\d{6}$/);
    expect(await found(`/v1/pledges?reference=${reference as string}`)).toEqual(['fund']);
  });

  test('commitments, payments, amendments and reversals by what they belong to', async () => {
    const queries: readonly (readonly [string, readonly string[]])[] = [
      [`commitments?donorId=${owner}`, ['signed', 'free']],
      [`commitments?pledgeId=${ids.plain!}`, ['signed']],
      [`commitments?donorId=${owner}&country=NER`, ['free']],
      [`commitments?donorId=${owner}&from=2025-03-21`, ['free']],
      [`disbursements?donorId=${owner}`, ['draft', 'paid']],
      [`disbursements?donorId=${owner}&status=draft`, ['draft']],
      [`disbursements?donorId=${owner}&country=NER`, ['paid']],
      [`disbursements?commitmentId=${ids.signed!}`, ['draft']],
      [`disbursements?donorId=${owner}&to=2025-04-09`, []],
      [`amendments?commitmentId=${ids.signed!}`, ['asked']],
      [`amendments?commitmentId=${ids.free!}&status=approved`, ['granted']],
      [`amendments?commitmentId=${ids.free!}&status=submitted`, []],
      [`reversals?recordId=${ids.paid!}`, ['waiting']],
      [`reversals?recordId=${ids.gone!}&stage=pledge&status=approved`, ['goneReversal']],
      [`reversals?recordId=${ids.gone!}&stage=commitment`, []],
    ];
    for (const [query, names] of queries) {
      const sorted = `/v1/${query}&sort=recordedAt`;
      expect([query, await found(sorted)]).toEqual([query, names]);
    }
  });
});
