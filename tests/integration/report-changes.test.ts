import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { changesSection } from '../../src/features/reports/changes-section.js';
import { changesSince } from '../../src/features/reports/changes.store.js';
import type { ChangeSummary } from '../../src/features/reports/entries.js';
import type { LineSource } from '../../src/features/reports/lines.store.js';
import { Prisma } from '../../src/platform/db.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { Flows } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, pay, type People } from '../support/ledger.js';
import { inSightOf, presentMoment } from '../support/view-context.js';

/*
 * In US dollars: 1 € is 1.10 from January 2025 and 1.20 from June.
 *
 *   before   pledge 1,000 € = 1,100; commitment 800 € = 880; payments 100 € = 110 and 50 € = 55
 *   then     commitment + 200 € = 240 (June): amended
 *            payment of 100 € reversed, entered again as 100 € of June = 120: + 10 by the rate alone
 *            payment of 50 € reversed, entered again as 70 € of January = 77: + 22, no rate
 *            payment of 30 € = 33: new; one of 5 € entered and reversed: nothing
 *            pledge of 10 € entered and reversed: nothing; one of another donor: not asked about
 */
let app: TestApp;
let people: People;
let flows: Flows;
let auditor: Client;
let since: string;
let source: LineSource;

const summary = (by: Client, of: LineSource = source) => inSightOf(app, by.userId, (context) => changesSince(context, of, since));
const sum = (values: readonly string[]) => values.reduce((total, value) => total + Math.round(Number(value) * 100), 0);

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  auditor = await app.user({ roles: ['auditor'] });
  await addRate(app, 'USD', '2025-01-02', '1.1000');
  await addRate(app, 'USD', '2025-06-02', '1.2000');
  flows = new Flows(app, people, await createOrganisation(app, 'France'));
  source = { book: 'journal', currency: 'USD', condition: Prisma.sql`l.donor_id = ${flows.donorId}::uuid AND e.amount_minor <> 0` };

  const pledgeId = await flows.pledge({ amount: '1000.00' });
  const commitmentId = await flows.commitmentOf(pledgeId, '800.00');
  const [hundred, fifty] = [await flows.paid(commitmentId, '100.00'), await flows.paid(commitmentId, '50.00')];
  since = await presentMoment(app);

  await flows.amend(commitmentId, '200.00', { valueDate: '2025-06-10' });
  await flows.reverse('disbursement', hundred);
  await pay(people, commitmentId, '100.00', { valueDate: '2025-06-20' });
  await flows.reverse('disbursement', fifty);
  await flows.paid(commitmentId, '70.00');
  await flows.paid(commitmentId, '30.00');
  await flows.reverse('disbursement', await flows.paid(commitmentId, '5.00'));
  await flows.reverse('pledge', await flows.pledge({ amount: '10.00' }));
  await flows.post('/v1/pledges', flowBody(await createOrganisation(app, 'Japon'), { amount: '9.00' }));
});
afterAll(() => app.close());

describe('what changed since an earlier moment', () => {
  test('is told by stage and cause, and sums to the difference', async () => {
    const changes = (await summary(people.officer)) as ChangeSummary;
    expect(changes).toMatchObject({ since, currency: 'USD', entriesInAll: 4 });
    expect(changes.stages).toEqual({
      pledged: { before: '1100.00', after: '1100.00', causes: { new: '0.00', amended: '0.00', reversed: '0.00', restated: '0.00', fx: '0.00' } },
      committed: { before: '880.00', after: '1120.00', causes: { new: '0.00', amended: '240.00', reversed: '0.00', restated: '0.00', fx: '0.00' } },
      disbursed: { before: '165.00', after: '230.00', causes: { new: '33.00', amended: '0.00', reversed: '0.00', restated: '22.00', fx: '10.00' } },
    });
    for (const { before, after, causes } of Object.values(changes.stages)) expect(sum(Object.values(causes))).toBe(sum([after]) - sum([before]));
  });

  test('is listed, the largest effect first, with the reason and the names of the moment', async () => {
    const { entries } = (await summary(people.officer)) as ChangeSummary;
    expect(entries.map(({ cause, stage, amount, currency, effect, fx, reason }) => [cause, stage, `${amount} ${currency}`, effect, fx, reason])).toEqual([
      ['amended', 'commitment', '200.00 EUR', '240.00', '0.00', 'Avenant signé'],
      ['new', 'disbursement', '30.00 EUR', '33.00', '0.00', null],
      ['restated', 'disbursement', '70.00 EUR', '22.00', '0.00', 'Saisi par erreur'],
      ['restated', 'disbursement', '100.00 EUR', '0.00', '10.00', 'Saisi par erreur'],
    ]);
    expect(entries[0]).toMatchObject({ donor: { fr: 'France', en: 'France' }, valueDate: '2025-06-10' });
    expect(entries.every(({ reference, recordedAt }) => reference !== '' && recordedAt > since)).toBe(true);
  });

  test('of an undone payment that nobody entered again is reversed', async () => {
    const later = await presentMoment(app);
    const commitmentId = await flows.commitment({ amount: '40.00' });
    const before = await presentMoment(app);
    await flows.reverse('commitment', commitmentId);
    const told = await inSightOf(app, people.officer.userId, async (context) => [await changesSince(context, source, later), await changesSince(context, source, before)]);
    expect(told.map((changes) => [changes?.stages.committed, changes?.entries.map(({ cause, amount, effect, reason }) => [cause, amount, effect, reason])])).toEqual([
      [{ before: '1120.00', after: '1120.00', causes: { new: '0.00', amended: '0.00', reversed: '0.00', restated: '0.00', fx: '0.00' } }, []],
      [{ before: '1164.00', after: '1120.00', causes: { new: '0.00', amended: '0.00', reversed: '-44.00', restated: '0.00', fx: '0.00' } }, [['reversed', '-40.00', '-44.00', 'Saisi par erreur']]],
    ]);
  });

  test('goes by what the asker sees; totals open to everybody are whole, their entries only for who sees every flow', async () => {
    const niger = await app.user({ roles: ['minister'], states: ['NER'] });
    expect((await summary(niger))?.stages.disbursed).toMatchObject({ before: '0.00', after: '0.00' });
    const open = { ...source, openInTotal: true } as const;
    const whole = await summary(auditor, open);
    expect(whole?.entries).toHaveLength(4);
    expect(await summary(niger, open)).toEqual({ ...whole, entries: [] });
  });

  test('is not told of the funds’ book', async () => {
    expect(await summary(auditor, { ...source, book: 'funds' })).toBeNull();
  });
});

describe('the section', () => {
  test('shows totals, causes and the entries that weighed most', async () => {
    const changes = (await summary(people.officer)) as ChangeSummary;
    const french = changesSection(changes, 'fr', 2);
    const [previous, totals, entries] = french.blocks;
    expect(french.title).toBe('Ce qui a changé depuis l’édition précédente');
    expect(previous).toMatchObject({ type: 'text', paragraphs: [expect.stringContaining('Édition précédente\u00A0: ')] });
    expect(totals).toMatchObject({ type: 'table', title: 'Totaux avant et après, et causes de l’écart (USD)' });
    if (totals?.type !== 'table' || entries?.type !== 'table') throw new Error('two tables are expected');
    expect(totals.rows.map(({ cells }) => cells.map((cell) => (cell.kind === 'text' ? cell.text : cell.value)))).toEqual([
      ['Annoncé', '1100.00', '0.00', '0.00', '0.00', '0.00', '0.00', '1100.00'],
      ['Engagé', '880.00', '0.00', '240.00', '0.00', '0.00', '0.00', '1120.00'],
      ['Payé', '165.00', '33.00', '0.00', '0.00', '22.00', '10.00', '230.00'],
    ]);
    expect(entries.rows.map(({ cells: [what] }) => what)).toEqual([{ kind: 'text', text: 'Avenant à un engagement' }, { kind: 'text', text: 'Nouveau paiement' }]);
    expect(entries.rule).toContain('2 sur 4');
    expect(changesSection(null, 'en').blocks).toEqual([{ type: 'text', paragraphs: ['First issue: nothing to compare with.'] }]);
    expect(changesSection({ ...changes, entries: [] }, 'en').blocks.at(-1)).toMatchObject({ paragraphs: [expect.stringContaining('differences: 4')] });
  });

  test('says so where nothing changed, and what a code of an import means', async () => {
    const changes = (await summary(people.officer)) as ChangeSummary;
    expect(changesSection({ ...changes, entries: [], entriesInAll: 0 }, 'en').blocks).toMatchObject([{ paragraphs: [expect.stringContaining('Nothing has been recorded since')] }]);
    const imported = changesSection({ ...changes, entries: changes.entries.map((entry) => ({ ...entry, reason: 'SOURCE_CLOSED' })) }, 'en').blocks.at(-1);
    expect(JSON.stringify(imported)).toContain('The source no longer publishes this flow.');
  });
});
