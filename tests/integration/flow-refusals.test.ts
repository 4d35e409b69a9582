import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ProblemCode } from '../../src/domain/problem.js';
import { endpoints } from '../../src/endpoints.js';
import { statusOf } from '../../src/http/problem.js';
import { type Language, languages } from '../../src/i18n/language.js';
import { problemsEn } from '../../src/i18n/problems.en.js';
import { problemsFr } from '../../src/i18n/problems.fr.js';
import { newId } from '../../src/platform/ids.js';
import { type Client, startTestApp, type TestApp } from '../support/app.js';
import { bodies, eur, Flows, NIGER, SHARED, type Stage } from '../support/flows.js';
import { addRate, createOrganisation, createPeople, flowBody, type FlowOptions, type People } from '../support/ledger.js';

const texts = { fr: problemsFr, en: problemsEn };
const TOMORROW = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10);

const VALUATION = { source: 'Facture 12', method: 'Prix d’achat', date: '2025-03-01' };

/** 2,500 combinations. */
const SECTORS = ['AGR', 'CCM', 'CSS', 'EDU', 'ERY'];
const GROUPS = ['idp', 'refugees', 'returnees', 'host_communities', 'migrants', 'food_insecure', 'malnourished_children', 'pregnant_breastfeeding_women', 'pastoralists', 'disaster_affected'];
const YEARS = Array.from({ length: 50 }, (_, index) => String(1990 + index));

let app: TestApp;
let people: People;
let malian: { readonly officer: Client; readonly approver: Client };
let donorId: string;
let otherDonorId: string;
let flows: Flows;

beforeAll(async () => {
  app = await startTestApp();
  people = await createPeople(app);
  malian = { officer: await app.user({ roles: ['finance_officer'], states: ['MLI'] }), approver: await app.user({ roles: ['approver'], states: ['MLI'] }) };
  donorId = await createOrganisation(app, 'Exemplie');
  otherDonorId = await createOrganisation(app, 'Autrie');
  flows = new Flows(app, people, donorId);
  await addRate(app, 'USD', '2025-01-02', '1.0800');
});
afterAll(() => app.close());

interface Ask {
  readonly by?: Client;
  readonly method?: 'post' | 'act' | 'edit';
  readonly path: string;
  readonly body?: object;
}

function send({ by = people.officer, method = 'post', path, body = {} }: Ask) {
  return by[method](path, body);
}

/** Refused with this problem in both languages, said of this field, and nothing of it is kept. */
async function expectRefusal(ask: Ask, code: ProblemCode, field: string | undefined, operationId: string): Promise<void> {
  const before = await flows.fingerprint();
  const details: Partial<Record<Language, string>> = {};
  for (const language of languages) {
    const asked = send(ask);
    // French is what a reader gets who asks for nothing.
    const { status, body, headers } = await (language === 'fr' ? asked.unset('accept-language') : asked.set('accept-language', 'en'));
    expect(body).toMatchObject({ code, title: texts[language][code].title, status: statusOf[code] });
    expect([status, headers['content-language'], body.field]).toEqual([statusOf[code], language, field]);
    details[language] = body.detail as string;
    expect(body.detail).toMatch(/^[^{}]{10,}\.$/);
  }
  expect(details.fr).not.toBe(details.en);
  expect(await flows.fingerprint()).toEqual(before);
  expect(documentedFor(operationId)).toContain(code);
}

const endpointOf = (operationId: string) => endpoints.find((endpoint) => endpoint.operationId === operationId)!;
const documentedFor = (operationId: string): readonly ProblemCode[] => [...(endpointOf(operationId).problems ?? []), 'VALIDATION', 'FORBIDDEN'];

type Refusal = readonly [code: ProblemCode, field: string | undefined, ask: () => Ask | Promise<Ask>];

/** What is wrong with an amount, whichever field it stands in. */
function badAmounts(field: string, ask: (amount: { amount: string; currency: string }) => Ask): Refusal[] {
  return [
    ['VALIDATION', `${field}.amount`, () => ask({ amount: 1000 as never, currency: 'EUR' })],
    ['VALIDATION', `${field}.currency`, () => ask({ amount: '10', currency: 'eur' })],
    ['AMOUNT_FORMAT', `${field}.amount`, () => ask(eur('1 000,00'))],
    ['AMOUNT_DIGITS', `${field}.amount`, () => ask({ amount: '10.50', currency: 'XOF' })],
    ['AMOUNT_DIGITS', `${field}.amount`, () => ask(eur('10.000'))],
    ['AMOUNT_TOO_LARGE', `${field}.amount`, () => ask(eur('10000000000000.01'))],
    ['CURRENCY_UNKNOWN', `${field}.currency`, () => ask({ amount: '10', currency: 'ZZZ' })],
  ];
}

/** What is wrong with the terms that pledges and commitments share. */
function badTerms(path: string): Refusal[] {
  const ask = (options: FlowOptions, by = people.officer): Ask => ({ by, path, body: flowBody(donorId, { valueDate: '2025-03-20', ...options }) });
  const more = (fields: object): Ask => ask({ more: fields });
  const split = (splits: object): Ask => ask({ splits: { country: [{ code: 'MLI' }], ...splits } });
  const destination = (kind: string, fields: object = {}, country: readonly string[] = []) => ask({ splits: { country: country.map((code) => ({ code })) }, more: { destination: { kind, ...fields } } });
  const even = (codes: readonly string[]) => codes.map((code) => ({ code, share: String(100 / codes.length) }));
  return [
    ...badAmounts('amount', (amount) => more({ amount })),
    ['AMOUNT_NOT_POSITIVE', 'amount.amount', () => ask({ amount: '0.00' })],
    ['AMOUNT_NOT_POSITIVE', 'amount.amount', () => ask({ amount: '-5' })],
    ['VALIDATION', 'donorId', () => more({ donorId: undefined })],
    ['VALIDATION', 'donorId', () => more({ donorId: 'Exemplie' })],
    ['VALIDATION', 'valueDate', () => ask({ valueDate: '2025-02-30' })],
    ['VALIDATION', 'valueDate', () => ask({ valueDate: '0000-01-01' })],
    ['VALIDATION', 'description', () => more({ description: '   ' })],
    ['VALIDATION', 'description', () => more({ description: 'a\0b' })],
    ['VALIDATION', 'description', () => more({ description: 'half of a pair: \ud83d' })],
    ['VALIDATION', 'evidence.link', () => more({ evidence: { link: 'javascript:alert(1)' } })],
    ['VALIDATION', 'splits.plan.0.code', () => split({ plan: [{ code: 'a\0' }] })],
    ['VALIDATION', 'splits.country.0.share', () => ask({ splits: { country: [{ code: 'MLI', share: '33.33333' }] } })],
    ['VALIDATION', 'body', () => more({ status: 'active' })],
    ['CODE_UNKNOWN', 'donorId', () => more({ donorId: newId() })],
    ['CODE_UNKNOWN', 'recipientId', () => more({ recipientId: newId() })],
    ['CODE_UNKNOWN', 'mechanism', () => more({ mechanism: 'lottery' })],
    ['CODE_UNKNOWN', 'splits.country', () => ask({ splits: { country: [{ code: 'XYZ' }] } })],
    ['CODE_UNKNOWN', 'splits.sector', () => split({ sector: [{ code: 'NOPE' }] })],
    ['CODE_UNKNOWN', 'splits.beneficiaryGroup', () => split({ beneficiaryGroup: [{ code: 'nobody' }] })],
    ['CODE_UNKNOWN', 'splits.plan', () => split({ plan: [{ code: 'HMLI99' }] })],
    ['CODE_UNKNOWN', 'splits.usageYear', () => split({ usageYear: [{ code: '1776' }] })],
    ['CODE_UNKNOWN', 'destination.region', () => destination('region', { region: 'ATLANTIS' })],
    ['CODE_UNKNOWN', 'destination.fundId', () => destination('fund', { fundId: newId() })],
    ['CODE_REPEATED', 'splits.sector', () => split({ sector: [{ code: 'FSC' }, { code: 'FSC' }] })],
    ['SPLIT_NOT_WHOLE', 'splits.sector', () => split({ sector: [{ code: 'FSC', share: '33.3333' }, { code: 'HEA', share: '66.6666' }] })],
    ['SPLIT_NOT_WHOLE', 'splits.sector', () => split({ sector: [{ code: 'FSC', share: '100' }, { code: 'HEA' }] })],
    ['SPLIT_TOO_MANY_CELLS', 'splits', () => split({ sector: even(SECTORS), beneficiaryGroup: even(GROUPS), usageYear: even(YEARS) })],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('state', {}, ['MLI', 'NER'])],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('state')],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('states', {}, ['MLI'])],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('region')],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('state', { region: 'AES' }, ['MLI'])],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('fund')],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('region', { region: 'AES', fundId: newId() })],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('plan', {}, ['MLI'])],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('state', { windowId: given.funds.windowId }, ['MLI'])],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('fund', { fundId: given.funds.openId, windowId: newId() })],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('fund', { fundId: given.funds.otherId, windowId: given.funds.windowId })],
    ['DESTINATION_INCOHERENT', 'destination', () => destination('fund', { fundId: given.funds.openId, windowId: given.funds.windowId }, ['NER'])],
    ['CODE_UNKNOWN', 'destination.fundId', () => destination('state', { fundId: newId() }, ['MLI'])],
    ['WINDOW_CLOSED', 'valueDate', () => ask({ valueDate: '2025-01-31', more: { destination: toWindow() } })],
    ['WINDOW_CLOSED', 'valueDate', () => ask({ valueDate: '2025-04-01', more: { destination: toWindow() } })],
    ['BELOW_MINIMUM', 'amount.amount', () => ask({ amount: '462.95', more: { destination: toWindow() } })],
    ['CODE_UNKNOWN', 'instrumentId', () => more({ instrumentId: newId() })],
    ['CODE_UNKNOWN', 'instrumentId', () => ask({ more: { mechanism: 'insurance_payout', instrumentId: given.hiddenInstrumentId } }, malian.officer)],
    ['INSTRUMENT_MISMATCH', 'instrumentId', () => more({ instrumentId: given.instrumentId })],
    ['INSTRUMENT_MISMATCH', 'instrumentId', () => ask({ splits: { country: [{ code: 'NER' }] }, more: { mechanism: 'insurance_payout', instrumentId: given.instrumentId } })],
    ['VALUATION_REQUIRED', 'valuation', () => more({ contributionType: 'in_kind' })],
    ['VALUATION_REQUIRED', 'valuation', () => more({ contributionType: 'technical_assistance', valuation: null })],
    ['VALUATION_UNEXPECTED', 'valuation', () => more({ valuation: VALUATION })],
    ['VALUATION_MISMATCH', 'valuation', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, quantity: '2.5', unitPrice: eur('399.99') } })],
    ['VALIDATION', 'valuation.source', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, source: '' } })],
    ['VALIDATION', 'valuation.quantity', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, quantity: '-1' } })],
    ['AMOUNT_DIGITS', 'valuation.unitPrice.amount', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, unitPrice: eur('1.001') } })],
    ['AMOUNT_NOT_POSITIVE', 'valuation.unitPrice.amount', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, unitPrice: eur('0') } })],
    ['DATE_IN_FUTURE', 'valuation.date', () => more({ contributionType: 'in_kind', valuation: { ...VALUATION, date: TOMORROW } })],
    ['DATE_IN_FUTURE', 'valueDate', () => ask({ valueDate: TOMORROW })],
    ['NO_RATE', 'amount.currency', () => ask({ amount: '1000', currency: 'GNF' })],
    ['NO_RATE', 'amount.currency', () => ask({ valueDate: '2025-01-01' })],
    ['ALREADY_MERGED', 'donorId', () => more({ donorId: given.mergedId })],
    ['ALREADY_MERGED', 'recipientId', () => more({ recipientId: given.mergedId })],
    ['OUT_OF_SCOPE', undefined, () => ask(NIGER, malian.officer)],
    ['OUT_OF_SCOPE', undefined, () => ask(SHARED, malian.officer)],
    ['OUT_OF_SCOPE', undefined, () => ask({ splits: {}, more: { destination: { kind: 'unspecified' } } }, malian.officer)],
    ['FORBIDDEN', undefined, () => ask({}, people.approver)],
  ];
}

/** Funds in dollars: one open, whose envelope for Mali takes 500 USD and more in February and March, one closed, one mirrored. */
async function prepareFunds() {
  const fund = (code: string) => flows.post('/v1/pooled-funds', { code, nameFr: code, nameEn: code, currency: 'USD', countries: ['MLI', 'NER'] });
  const openId = await fund('F-OPEN');
  const window = { code: 'ML', nameFr: 'Mali', nameEn: 'Mali', country: 'MLI', opensOn: '2025-02-01', closesOn: '2025-03-31', minimum: { amount: '500.00', currency: 'USD' } };
  const windowId = await flows.post(`/v1/pooled-funds/${openId}/windows`, window);
  const closedId = await fund('F-CLOSED');
  const mirroredId = await fund('F-MIRRORED');
  const given = (fundId: string) => flows.commitment({ more: { destination: { kind: 'fund', fundId } } });
  const commitmentId = await given(openId);
  const ids = { openId, otherId: await fund('F-OTHER'), windowId, closedId, mirroredId, commitmentId, draftId: await flows.draft(commitmentId, '10.00') };
  const toClosed = await flows.submitted(await given(closedId), '10.00');
  const toMirrored = await flows.submitted(await given(mirroredId), '10.00');
  await app.deps.db.pooledFund.update({ where: { id: closedId }, data: { status: 'closed' } });
  await app.deps.db.pooledFund.update({ where: { id: mirroredId }, data: { sourceSystem: 'mptf', externalId: 'F-1' } });
  return { ...ids, toClosed, toMirrored };
}

/** Payments of 100 EUR = 108 USD into funds that have used them: allocated, allocated in their window, or returned to the donor. */
async function prepareUsed() {
  const usd = (amount: string) => ({ amount, currency: 'USD' });
  const fund = (code: string) => flows.post('/v1/pooled-funds', { code, nameFr: code, nameEn: code, currency: 'USD', countries: ['MLI', 'NER'] });
  const window = (fundId: string, code: string) => flows.post(`/v1/pooled-funds/${fundId}/windows`, { code, nameFr: code, nameEn: code });
  const paidInto = async (fundId: string, windowId: string | null = null) => flows.paid(await flows.commitment({ more: { destination: { kind: 'fund', fundId, windowId } } }), '100.00');
  const operate = async (body: object) => flows.act(`/v1/fund-operations/${await flows.post('/v1/fund-operations', { valueDate: '2025-04-11', description: 'Opération', ...body })}/approve`, {}, people.approver);
  const allocate = (fundId: string, more: object = {}) => operate({ kind: 'allocation', fundId, partnerId: otherDonorId, splits: { country: [{ code: 'MLI' }] }, amount: usd('100.00'), ...more });

  const awarding = await fund('F-AWARDING');
  const allocated = await paidInto(awarding);
  await allocate(awarding);

  const windowed = await fund('F-WINDOWED');
  const windowId = await window(windowed, 'EAU');
  const inWindow = await paidInto(windowed, windowId);
  await paidInto(windowed, await window(windowed, 'SANTE'));
  const round = { fundId: windowed, windowId, code: 'R1', modality: 'reserve', nameFr: 'Appel', nameEn: 'Round', opensOn: '2025-03-01' };
  await allocate(windowed, { roundId: await flows.post('/v1/allocation-rounds', round) });

  const returning = await fund('F-RETURNING');
  const returned = await paidInto(returning);
  await operate({ kind: 'carry_over', fundId: returning, amount: usd('500.00') });
  await operate({ kind: 'donor_refund', fundId: returning, donorId, amount: usd('108.00') });
  return { allocated, inWindow, returned };
}

const toWindow = () => ({ kind: 'fund', fundId: given.funds.openId, windowId: given.funds.windowId });

/** An insurance policy for these states. */
async function policy(...countries: readonly string[]): Promise<string> {
  const id = newId();
  const names = { nameFr: 'Police', nameEn: 'Policy', description: 'Sécheresse' };
  await app.deps.db.instrument.create({ data: { id, reference: `INS-${id}`, mechanism: 'insurance_payout', ...names, countries: [...countries], currency: 'USD', startsOn: new Date('2025-01-01'), terms: {}, recordedBy: people.officer.userId } });
  return id;
}

/** What an import writes on its records. */
const asImported = { sourceSystem: 'fts', externalId: newId() };

/** Records in every state that a request can be refused for. */
async function prepare() {
  const { db } = app.deps;
  const mergedId = await createOrganisation(app, 'Exemplie (doublon)');
  await db.organisation.update({ where: { id: mergedId }, data: { mergedIntoId: donorId } });

  // 1,000 promised, 900 committed, 600 paid: 100 can still be committed, 300 paid.
  const pledgeId = await flows.pledge();
  const commitmentId = await flows.commitmentOf(pledgeId, '900.00');
  await flows.paid(commitmentId, '600.00');

  const reversedPledgeId = await flows.pledge();
  await flows.reverse('pledge', reversedPledgeId);
  const reversedCommitmentId = await flows.commitment();
  await flows.reverse('commitment', reversedCommitmentId);
  const importedPledgeId = await flows.pledge();
  await db.pledge.update({ where: { id: importedPledgeId }, data: asImported });
  const importedCommitmentId = await flows.commitment();
  await db.commitment.update({ where: { id: importedCommitmentId }, data: asImported });

  /** A commitment of 900 with a payment of 100 in each state that waits, changed afterwards as no request could. */
  const waiting = async (change: (commitmentId: string) => Promise<unknown>, options: FlowOptions = {}) => {
    const id = await flows.commitment({ amount: '900.00', ...options });
    const ids = { commitmentId: id, draftId: await flows.draft(id, '100.00'), submittedId: await flows.submitted(id, '100.00'), amendmentId: await flows.amendment(id, '10.00'), postedId: await flows.paid(id, '100.00') };
    await change(id);
    return ids;
  };
  const unchanged = () => Promise.resolve();
  return {
    funds: await prepareFunds(),
    used: await prepareUsed(),
    instrumentId: await policy('MLI'),
    hiddenInstrumentId: await policy('NER'),
    mergedId,
    pledgeId,
    commitmentId,
    reversedPledgeId,
    reversedCommitmentId,
    importedPledgeId,
    importedCommitmentId,
    open: await waiting(unchanged),
    niger: await waiting(unchanged, NIGER),
    shared: await waiting(unchanged, SHARED),
    full: await waiting((id) => flows.paid(id, '750.00')),
    reversedParent: await waiting((id) => db.commitment.update({ where: { id }, data: { status: 'reversed' } })),
    withoutRate: await waiting(async (id) => {
      await db.disbursement.updateMany({ where: { commitmentId: id }, data: { currency: 'GNF' } });
      await db.commitment.update({ where: { id }, data: { currency: 'GNF' } });
    }),
    imported: await waiting((id) => db.disbursement.updateMany({ where: { commitmentId: id }, data: { sourceSystem: 'fts' } })),
    early: await waiting((id) => db.disbursement.updateMany({ where: { commitmentId: id }, data: { valueDate: new Date('2025-03-19') } })),
  };
}

let given: Awaited<ReturnType<typeof prepare>>;
beforeAll(async () => {
  given = await prepare();
});

/** An amendment, or reversal, that waits although it could not have been asked for now. */
async function waitingAmendment(commitmentId: string, deltaMinor: bigint): Promise<string> {
  const id = newId();
  await app.deps.db.amendment.create({ data: { id, commitmentId, deltaMinor, valueDate: new Date('2025-05-10'), reason: 'Avenant', preparedBy: people.second.userId } });
  return id;
}

async function waitingReversal(stage: Stage, recordId: string): Promise<string> {
  const id = newId();
  await app.deps.db.reversal.create({ data: { id, stage, [`${stage}Id`]: recordId, reason: 'Erreur', preparedBy: people.second.userId } });
  return id;
}

const newPledge = (options: FlowOptions, by = people.officer): Ask => ({ by, path: '/v1/pledges', body: flowBody(donorId, options) });
const underPledge = (pledgeId: string, fields: object = {}, by = people.officer): Ask => ({ by, path: '/v1/commitments', body: bodies.commitmentOf(pledgeId, '100.00', fields) });
const newAmendment = (commitmentId: string, fields: object = {}, by = people.officer): Ask => ({ by, path: `/v1/commitments/${commitmentId}/amendments`, body: bodies.amendment('-10.00', fields) });
const newPayment = (commitmentId: string, fields: object = {}, by = people.officer): Ask => ({ by, path: '/v1/disbursements', body: bodies.payment(commitmentId, '10.00', fields) });
const edit = (id: string, body: object, by = people.officer): Ask => ({ by, method: 'edit', path: `/v1/disbursements/${id}`, body });
const newReversal = (stage: Stage, id: string, by = people.officer): Ask => ({ by, path: '/v1/reversals', body: bodies.reversal(stage, id) });
const decide = (path: string, by = people.approver): Ask => ({ by, method: 'act', path: `/v1/${path}`, body: path.endsWith('reject') ? { reason: 'Pièce manquante' } : {} });

/** What is wrong with a payment, prepared anew or changed. */
const badPayments = (ask: (fields: object) => Ask): Refusal[] => [
  ...badAmounts('amount', (amount) => ask({ amount })),
  ['AMOUNT_NOT_POSITIVE', 'amount.amount', () => ask({ amount: eur('0') })],
  ['CURRENCY_MISMATCH', 'amount.currency', () => ask({ amount: { amount: '10', currency: 'USD' } })],
  ['DATE_IN_FUTURE', 'valueDate', () => ask({ valueDate: TOMORROW })],
  ['DATE_BEFORE_PARENT', 'valueDate', () => ask({ valueDate: '2025-03-19' })],
  ['VALIDATION', 'description', () => ask({ description: '' })],
  ['VALIDATION', 'evidence.reference', () => ask({ evidence: { reference: 'x'.repeat(201) } })],
];

/** What is wrong with what a fund was credited with. */
const badCredits = (ask: (id: string, fields: object) => Ask, toFund: () => string, toState: () => string): Refusal[] => [
  ['CREDITED_UNEXPECTED', 'credited', () => ask(toState(), { credited: eur('10') })],
  ['CURRENCY_MISMATCH', 'credited.currency', () => ask(toFund(), { credited: eur('10') })],
  ['AMOUNT_NOT_POSITIVE', 'credited.amount', () => ask(toFund(), { credited: { amount: '0', currency: 'USD' } })],
  ['AMOUNT_DIGITS', 'credited.amount', () => ask(toFund(), { credited: { amount: '1.001', currency: 'USD' } })],
];

/** Decisions that are refused in the same way for everything that awaits a second person. */
const badDecisions = (what: 'approve' | 'reject', path: string, ids: { readonly open: () => string; readonly shared: () => string; readonly niger: () => string }): Refusal[] => [
  ['FOUR_EYES', undefined, () => decide(`${path}/${ids.open()}/${what}`, people.second)],
  ['OUT_OF_SCOPE', undefined, () => decide(`${path}/${ids.shared()}/${what}`, malian.approver)],
  ['NOT_FOUND', undefined, () => decide(`${path}/${ids.niger()}/${what}`, malian.approver)],
  ['NOT_FOUND', undefined, () => decide(`${path}/${newId()}/${what}`)],
  ['VALIDATION', 'id', () => decide(`${path}/12/${what}`)],
  ['FORBIDDEN', undefined, () => decide(`${path}/${ids.open()}/${what}`, malian.officer)],
  ...(what === 'reject' ? ([['VALIDATION', 'reason', () => ({ ...decide(`${path}/${ids.open()}/reject`), body: { reason: ' x ' } })]] as const) : []),
];

/** What one approver of two has approved: a limit of nothing counts in Mauritania alone. */
async function approvedOnce(make: (commitmentId: string) => Promise<string>): Promise<string> {
  await app.deps.db.approvalLimit.create({ data: { id: newId(), state: 'MRT', usdMinor: 0n, reason: 'Essai', setBy: newId() } });
  const path = await make(await flows.commitment({ splits: { country: [{ code: 'MRT' }] } }));
  await flows.act(`/v1/${path}`, {}, people.approver);
  return path;
}

const reversalIds: Partial<Record<'open' | 'shared' | 'niger' | 'decided', string>> = {};
const waitingIds = (kind: 'amendmentId' | 'submittedId') => ({ open: () => given.open[kind], shared: () => given.shared[kind], niger: () => given.niger[kind] });
const waitingReversals = { open: () => reversalIds.open!, shared: () => reversalIds.shared!, niger: () => reversalIds.niger! };

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  createPledge: [
    ...badTerms('/v1/pledges'),
    ['CODE_UNKNOWN', 'eventId', () => newPledge({ more: { eventId: newId() } })],
    ['CURRENCY_MISMATCH', 'instalments.1.amount.currency', () => newPledge({ more: { instalments: [{ dueOn: '2025-04-01', amount: eur('500') }, { dueOn: '2025-05-01', amount: { amount: '500', currency: 'USD' } }] } })],
    ['AMOUNT_NOT_POSITIVE', 'instalments.0.amount.amount', () => newPledge({ more: { instalments: [{ dueOn: '2025-04-01', amount: eur('0') }] } })],
    ['INSTALMENTS_SUM', 'instalments', () => newPledge({ more: { instalments: [{ dueOn: '2025-04-01', amount: eur('999.99') }] } })],
  ],
  createCommitment: [
    ...badTerms('/v1/commitments'),
    ['VALIDATION', 'donorId', () => ({ path: '/v1/commitments', body: { amount: eur('1'), valueDate: '2025-03-20' } })],
    ['INSTALMENTS_SUM', 'instalments', () => underPledge(given.pledgeId, { instalments: [{ dueOn: '2025-04-01', amount: eur('60') }, { dueOn: '2025-05-01', amount: eur('40.01') }] })],
    ['FUND_CLOSED', 'destination.fundId', () => underPledge(given.pledgeId, { destination: { kind: 'fund', fundId: given.funds.closedId } })],
    ['FUND_MIRRORED', 'destination.fundId', () => underPledge(given.pledgeId, { destination: { kind: 'fund', fundId: given.funds.mirroredId } })],
    ['EXCEEDS_PLEDGE', 'amount.amount', () => underPledge(given.pledgeId, { amount: eur('100.01') })],
    ['CURRENCY_MISMATCH', 'amount.currency', () => underPledge(given.pledgeId, { amount: { amount: '1', currency: 'USD' } })],
    ['DONOR_MISMATCH', 'donorId', () => underPledge(given.pledgeId, { donorId: otherDonorId })],
    ['DATE_BEFORE_PARENT', 'valueDate', () => underPledge(given.pledgeId, { valueDate: '2025-03-09' })],
    ['PARENT_REVERSED', 'pledgeId', () => underPledge(given.reversedPledgeId)],
    ['IMPORTED_RECORD', undefined, () => underPledge(given.importedPledgeId)],
    ['NOT_FOUND', 'pledgeId', () => underPledge(newId())],
    ['NOT_FOUND', 'pledgeId', async () => underPledge(await flows.pledge(NIGER), {}, malian.officer)],
  ],
  requestAmendment: [
    ...badAmounts('delta', (delta) => newAmendment(given.commitmentId, { delta })),
    ['AMOUNT_ZERO', 'delta.amount', () => newAmendment(given.commitmentId, { delta: eur('0.00') })],
    ['CURRENCY_MISMATCH', 'delta.currency', () => newAmendment(given.commitmentId, { delta: { amount: '1', currency: 'XOF' } })],
    ['DATE_IN_FUTURE', 'valueDate', () => newAmendment(given.commitmentId, { valueDate: TOMORROW })],
    ['DATE_BEFORE_PARENT', 'valueDate', () => newAmendment(given.commitmentId, { valueDate: '2025-03-19' })],
    ['BELOW_DISBURSED', 'delta.amount', () => newAmendment(given.commitmentId, { delta: eur('-300.01') })],
    ['EXCEEDS_PLEDGE', 'delta.amount', () => newAmendment(given.commitmentId, { delta: eur('100.01') })],
    ['IMPORTED_RECORD', undefined, () => newAmendment(given.importedCommitmentId)],
    ['STATE_CONFLICT', undefined, () => newAmendment(given.reversedCommitmentId)],
    ['OUT_OF_SCOPE', undefined, () => newAmendment(given.shared.commitmentId, {}, malian.officer)],
    ['NOT_FOUND', undefined, () => newAmendment(given.niger.commitmentId, {}, malian.officer)],
    ['NOT_FOUND', undefined, () => newAmendment(newId())],
    ['VALIDATION', 'reason', () => newAmendment(given.commitmentId, { reason: 'x' })],
  ],
  approveAmendment: [
    ...badDecisions('approve', 'amendments', waitingIds('amendmentId')),
    ['STATE_CONFLICT', undefined, async () => decide(`amendments/${await flows.approve('amendments', await flows.amendment(given.open.commitmentId, '1.00'))}/approve`)],
    ['BELOW_DISBURSED', 'delta.amount', async () => decide(`amendments/${await waitingAmendment(given.commitmentId, -30_001n)}/approve`)],
    ['EXCEEDS_PLEDGE', 'delta.amount', async () => decide(`amendments/${await waitingAmendment(given.commitmentId, 10_001n)}/approve`)],
    ['NO_RATE', 'amount.currency', () => decide(`amendments/${given.withoutRate.amendmentId}/approve`)],
    ['ALREADY_APPROVED', undefined, async () => decide(await approvedOnce(async (id) => `amendments/${await flows.amendment(id, '1.00')}/approve`))],
  ],
  rejectAmendment: [
    ...badDecisions('reject', 'amendments', waitingIds('amendmentId')),
    ['STATE_CONFLICT', undefined, async () => decide(`amendments/${await flows.approve('amendments', await flows.amendment(given.open.commitmentId, '1.00'))}/reject`)],
  ],
  createDisbursement: [
    ...badPayments((fields) => newPayment(given.commitmentId, fields)),
    ...badCredits((commitmentId, fields) => newPayment(commitmentId, fields), () => given.funds.commitmentId, () => given.commitmentId),
    ['EXCEEDS_COMMITMENT', 'amount.amount', () => newPayment(given.commitmentId, { amount: eur('300.01') })],
    ['NO_RATE', 'amount.currency', () => newPayment(given.withoutRate.commitmentId, { amount: { amount: '10', currency: 'GNF' } })],
    ['PARENT_REVERSED', 'commitmentId', () => newPayment(given.reversedCommitmentId)],
    ['IMPORTED_RECORD', undefined, () => newPayment(given.importedCommitmentId)],
    ['OUT_OF_SCOPE', undefined, () => newPayment(given.shared.commitmentId, {}, malian.officer)],
    ['NOT_FOUND', 'commitmentId', () => newPayment(given.niger.commitmentId, {}, malian.officer)],
    ['NOT_FOUND', 'commitmentId', () => newPayment(newId())],
    ['FORBIDDEN', undefined, () => newPayment(given.commitmentId, {}, people.approver)],
  ],
  editDisbursement: [
    ...badPayments((fields) => edit(given.open.draftId, fields)),
    ...badCredits(edit, () => given.funds.draftId, () => given.open.draftId),
    ['VALIDATION', 'description', () => edit(given.open.draftId, { description: null })],
    ['VALIDATION', 'evidence', () => edit(given.open.draftId, { evidence: null })],
    ['VALIDATION', 'body', () => edit(given.open.draftId, { commitmentId: given.commitmentId })],
    ['EXCEEDS_COMMITMENT', 'amount.amount', () => edit(given.open.draftId, { amount: eur('900.01') })],
    ['NO_RATE', 'amount.currency', () => edit(given.withoutRate.draftId, { description: 'Autre' })],
    ['PARENT_REVERSED', 'commitmentId', () => edit(given.reversedParent.draftId, { description: 'Autre' })],
    ['STATE_CONFLICT', undefined, () => edit(given.open.submittedId, { description: 'Autre' })],
    ['IMPORTED_RECORD', undefined, () => edit(given.imported.draftId, { description: 'Autre' })],
    ['OUT_OF_SCOPE', undefined, () => edit(given.shared.draftId, { description: 'Autre' }, malian.officer)],
    ['NOT_FOUND', undefined, () => edit(given.niger.draftId, { description: 'Autre' }, malian.officer)],
    ['FORBIDDEN', undefined, () => edit(given.open.draftId, { description: 'Autre' }, people.approver)],
  ],
  submitDisbursement: [
    ['STATE_CONFLICT', undefined, () => decide(`disbursements/${given.open.submittedId}/submit`, people.officer)],
    ['EXCEEDS_COMMITMENT', 'amount.amount', () => decide(`disbursements/${given.full.draftId}/submit`, people.officer)],
    ['DATE_BEFORE_PARENT', 'valueDate', () => decide(`disbursements/${given.early.draftId}/submit`, people.officer)],
    ['NO_RATE', 'amount.currency', () => decide(`disbursements/${given.withoutRate.draftId}/submit`, people.officer)],
    ['PARENT_REVERSED', 'commitmentId', () => decide(`disbursements/${given.reversedParent.draftId}/submit`, people.officer)],
    ['IMPORTED_RECORD', undefined, () => decide(`disbursements/${given.imported.draftId}/submit`, people.officer)],
    ['OUT_OF_SCOPE', undefined, () => decide(`disbursements/${given.shared.draftId}/submit`, malian.officer)],
    ['NOT_FOUND', undefined, () => decide(`disbursements/${given.niger.draftId}/submit`, malian.officer)],
    ['FORBIDDEN', undefined, () => decide(`disbursements/${given.open.draftId}/submit`, people.approver)],
    ['VALIDATION', 'body', () => ({ method: 'act', path: `/v1/disbursements/${given.open.draftId}/submit`, body: { approve: true } })],
  ],
  approveDisbursement: [
    ...badDecisions('approve', 'disbursements', waitingIds('submittedId')),
    ['STATE_CONFLICT', undefined, () => decide(`disbursements/${given.open.draftId}/approve`)],
    ['STATE_CONFLICT', undefined, () => decide(`disbursements/${given.open.postedId}/approve`)],
    ['EXCEEDS_COMMITMENT', 'amount.amount', () => decide(`disbursements/${given.full.submittedId}/approve`)],
    ['NO_RATE', 'amount.currency', () => decide(`disbursements/${given.withoutRate.submittedId}/approve`)],
    ['PARENT_REVERSED', 'commitmentId', () => decide(`disbursements/${given.reversedParent.submittedId}/approve`)],
    ['IMPORTED_RECORD', undefined, () => decide(`disbursements/${given.imported.submittedId}/approve`)],
    ['FUND_CLOSED', undefined, () => decide(`disbursements/${given.funds.toClosed}/approve`)],
    ['FUND_MIRRORED', undefined, () => decide(`disbursements/${given.funds.toMirrored}/approve`)],
    ['ALREADY_APPROVED', undefined, async () => decide(await approvedOnce(async (id) => `disbursements/${await flows.submitted(id, '1.00')}/approve`))],
  ],
  rejectDisbursement: [
    ...badDecisions('reject', 'disbursements', waitingIds('submittedId')),
    ['STATE_CONFLICT', undefined, () => decide(`disbursements/${given.open.postedId}/reject`)],
    ['IMPORTED_RECORD', undefined, () => decide(`disbursements/${given.imported.submittedId}/reject`)],
  ],
  receiveDisbursement: [
    ['STATE_CONFLICT', undefined, () => ({ method: 'act', path: `/v1/disbursements/${given.open.submittedId}/receive`, body: { receivedOn: '2025-04-12' } })],
    ['DATE_IN_FUTURE', 'receivedOn', () => ({ method: 'act', path: `/v1/disbursements/${given.open.postedId}/receive`, body: { receivedOn: TOMORROW } })],
    ['DATE_BEFORE_PARENT', 'receivedOn', () => ({ method: 'act', path: `/v1/disbursements/${given.open.postedId}/receive`, body: { receivedOn: '2025-04-09' } })],
    ['VALIDATION', 'receivedOn', () => ({ method: 'act', path: `/v1/disbursements/${given.open.postedId}/receive`, body: {} })],
    ['IMPORTED_RECORD', undefined, () => ({ method: 'act', path: `/v1/disbursements/${given.imported.postedId}/receive`, body: { receivedOn: '2025-04-12' } })],
    ['OUT_OF_SCOPE', undefined, () => ({ by: malian.officer, method: 'act', path: `/v1/disbursements/${given.shared.postedId}/receive`, body: { receivedOn: '2025-04-12' } })],
    ['NOT_FOUND', undefined, () => ({ by: malian.officer, method: 'act', path: `/v1/disbursements/${given.niger.postedId}/receive`, body: { receivedOn: '2025-04-12' } })],
  ],
  requestReversal: [
    ['HAS_CHILDREN', undefined, () => newReversal('pledge', given.pledgeId)],
    ['HAS_CHILDREN', undefined, () => newReversal('commitment', given.commitmentId)],
    ['HAS_CHILDREN', undefined, async () => newReversal('commitment', await flows.commitment().then(async (id) => (await flows.draft(id, '1.00'), id)))],
    ['HAS_CHILDREN', undefined, async () => newReversal('commitment', await flows.commitment().then(async (id) => (await flows.amendment(id, '1.00'), id)))],
    ['NOT_POSTED', undefined, () => newReversal('disbursement', given.open.draftId)],
    ['NOT_POSTED', undefined, () => newReversal('disbursement', given.open.submittedId)],
    ['IMPORTED_RECORD', undefined, () => newReversal('pledge', given.importedPledgeId)],
    ['IMPORTED_RECORD', undefined, () => newReversal('commitment', given.importedCommitmentId)],
    ['IMPORTED_RECORD', undefined, () => newReversal('disbursement', given.imported.postedId)],
    ['STATE_CONFLICT', undefined, () => newReversal('pledge', given.reversedPledgeId)],
    ['STATE_CONFLICT', undefined, () => newReversal('commitment', given.reversedCommitmentId)],
    ['EXCEEDS_FUND', 'amount', () => newReversal('disbursement', given.used.allocated)],
    ['EXCEEDS_WINDOW', 'amount', () => newReversal('disbursement', given.used.inWindow)],
    ['EXCEEDS_DEPOSITS', 'amount', () => newReversal('disbursement', given.used.returned)],
    ['REVERSAL_PENDING', undefined, () => newReversal('disbursement', given.open.postedId)],
    ['OUT_OF_SCOPE', undefined, () => newReversal('disbursement', given.shared.postedId, malian.officer)],
    ['NOT_FOUND', 'recordId', () => newReversal('disbursement', given.niger.postedId, malian.officer)],
    ['NOT_FOUND', 'recordId', () => newReversal('pledge', given.commitmentId)],
    ['VALIDATION', 'stage', () => ({ path: '/v1/reversals', body: { ...bodies.reversal('pledge', given.pledgeId), stage: 'amendment' } })],
    ['VALIDATION', 'reason', () => ({ path: '/v1/reversals', body: { ...bodies.reversal('pledge', given.pledgeId), reason: '' } })],
    ['FORBIDDEN', undefined, () => newReversal('pledge', given.pledgeId, people.approver)],
  ],
  approveReversal: [
    ...badDecisions('approve', 'reversals', waitingReversals),
    ['STATE_CONFLICT', undefined, () => decide(`reversals/${reversalIds.decided!}/approve`)],
    ['HAS_CHILDREN', undefined, async () => decide(`reversals/${await waitingReversal('pledge', given.pledgeId)}/approve`)],
    ['NOT_POSTED', undefined, async () => decide(`reversals/${await waitingReversal('disbursement', given.open.draftId)}/approve`)],
    ['IMPORTED_RECORD', undefined, async () => decide(`reversals/${await waitingReversal('pledge', given.importedPledgeId)}/approve`)],
    ['EXCEEDS_FUND', 'amount', async () => decide(`reversals/${await waitingReversal('disbursement', given.used.allocated)}/approve`)],
    ['EXCEEDS_WINDOW', 'amount', async () => decide(`reversals/${await waitingReversal('disbursement', given.used.inWindow)}/approve`)],
    ['EXCEEDS_DEPOSITS', 'amount', async () => decide(`reversals/${await waitingReversal('disbursement', given.used.returned)}/approve`)],
    ['ALREADY_APPROVED', undefined, async () => decide(await approvedOnce(async (id) => `reversals/${await flows.reversal('commitment', id)}/approve`))],
  ],
  rejectReversal: [
    ...badDecisions('reject', 'reversals', waitingReversals),
    ['STATE_CONFLICT', undefined, () => decide(`reversals/${reversalIds.decided!}/reject`)],
  ],
};

describe('what is refused leaves nothing behind', () => {
  beforeAll(async () => {
    reversalIds.open = await flows.reversal('disbursement', given.open.postedId);
    reversalIds.shared = await flows.reversal('disbursement', given.shared.postedId);
    reversalIds.niger = await flows.reversal('disbursement', given.niger.postedId);
    reversalIds.decided = await flows.approve('reversals', await flows.reversal('disbursement', await flows.paid(await flows.commitment(), '5.00')));
  });

  const cases = Object.entries(refusals).flatMap(([operation, list]) => list.map(([code, field, ask], index) => [operation, index + 1, code, field ?? '-', field, ask] as const));

  test.each(cases)('%s %i: %s at %s', async (operation, _index, code, _name, field, ask) => expectRefusal(await ask(), code, field, operation));

  test.each(Object.keys(refusals))('%s: every problem that the route lists was met above', (operation) => {
    const met = new Set(refusals[operation]!.map(([code]) => code));
    // PERIOD_CLOSED is met only when the grace of a month ends within the request.
    const elsewhere: readonly ProblemCode[] = ['FORBIDDEN', 'VALIDATION', 'PERIOD_CLOSED'];
    expect(documentedFor(operation).filter((code) => !elsewhere.includes(code) && !met.has(code))).toEqual([]);
  });

  test('every route that changes a flow is among them', () => {
    const writing = endpoints.filter(({ tag, method }) => method !== 'get' && ['Pledges', 'Commitments', 'Disbursements', 'Reversals'].includes(tag));
    expect(Object.keys(refusals).sort()).toEqual(writing.map((endpoint) => endpoint.operationId).sort());
  });

  test('the sentence names what was found and what would be right', async () => {
    const over = { path: '/v1/commitments', body: { pledgeId: given.pledgeId, amount: eur('100.01'), valueDate: '2025-03-20' } };
    const french = await send(over).unset('accept-language').expect(422);
    expect(french.body.detail).toBe('Il reste au plus 100.00 EUR à engager ; trouvé : 100.01.');
    const english = await send(over).expect(422);
    expect(english.body.detail).toBe('At most 100.00 EUR can still be committed; found 100.01.');
    const scope = await send(newPledge(SHARED, malian.officer)).expect(403);
    expect(scope.body.detail).toBe('Every state of the flow must be among yours (MLI); found: MLI, NER.');
    const children = await send(newReversal('commitment', given.full.commitmentId)).unset('accept-language').expect(409);
    expect(children.body.detail).toBe('Contre-passez d’abord les 5 enregistrements qui en dépendent.');
  });

  test('no body whatever makes the server fail', async () => {
    const rubbish = fc.oneof(
      fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', ' ', '\0', '\ud800', '-0', '1e3', '9'.repeat(39), '0000-00-00', '9999-12-31', '0001-01-01', [], {}, [[]], { a: 1 }, 'MLI', 'EUR', newId()),
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
    );
    const paths = ['donorId', 'recipientId', 'mechanism', 'contributionType', 'earmarking', 'destination', 'destination.kind', 'destination.region', 'splits', 'splits.country', 'splits.sector', 'splits.plan', 'description', 'conditions', 'evidence', 'evidence.link', 'amount', 'amount.amount', 'amount.currency', 'valueDate', 'eventId', 'instalments', 'restricted'];
    const body = fc.array(fc.tuple(fc.constantFrom(...paths), rubbish), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom('/v1/pledges', '/v1/commitments'), async (changes, path) => {
        const base = { ...flowBody(donorId), evidence: {} } as Record<string, unknown>;
        for (const [at, value] of changes) {
          const [first = '', second] = at.split('.');
          const inner = typeof base[first] === 'object' && base[first] !== null ? base[first] : {};
          base[first] = second === undefined ? value : { ...inner, [second]: value };
        }
        const { status } = await people.officer.post(path, base);
        expect([201, 400, 403, 404, 409, 422]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });
});
