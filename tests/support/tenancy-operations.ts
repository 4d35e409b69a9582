import type { Role } from '../../src/domain/policy.js';
import type { ProblemCode } from '../../src/domain/problem.js';
import { newId } from '../../src/platform/ids.js';
import { actRecordKinds, type ActRecordKind, instrumentBody } from './two-tenants-acts.js';
import { canaryOf, type Flow, type FlowRecordKind, flowRecordKinds, newPdf, type World } from './two-tenants.js';

/** What an address or a body names, beside the records of a flow. */
export const otherTargets = ['acts', 'actFund', 'fundBook', 'fundWindow', 'round', 'terms', 'report', 'import', 'organisation', 'fund', 'plan', 'event', 'user', 'month', 'reopening', 'delegation', 'session', 'schedule', 'rule', 'webhook', 'delivery', 'inbox', 'link', 'copy'] as const;
export type TargetKind = FlowRecordKind | ActRecordKind | (typeof otherTargets)[number];

export const isActRecord = (kind: TargetKind): kind is ActRecordKind => (actRecordKinds as readonly string[]).includes(kind);
export const isFlowRecord = (kind: TargetKind): kind is FlowRecordKind => (flowRecordKinds as readonly string[]).includes(kind);

/** Something an operation is tried on. */
export interface Target {
  readonly name: string;
  readonly id: string;
  readonly flow?: Flow;
  /** The actor whose report, import or session it is. */
  readonly owner?: string;
  /** The actor who receives a delivery; null for an address or another system. */
  readonly recipient?: string | null;
  readonly unknown?: true;
  /** Master data: shown to everybody, whosever states it is for. */
  readonly open?: true;
}

/** Who may call an operation, on what, and how: said by hand, so that a changed policy is noticed. */
export interface Operation {
  readonly who: 'public' | 'signed-in' | readonly Role[];
  /** Open to a session that has not shown its second factor. */
  readonly withoutSecondFactor?: true;
  readonly on?: TargetKind;
  /** What it takes beside the role: the right to record, to approve, to settle in all states of the flow, or to speak for its donor. */
  readonly needs?: 'write' | 'approve' | 'state' | 'settle';
  /** It uses its target up: every allowed call gets a new one. */
  readonly usesUp?: true;
  readonly query?: string;
  readonly body?: (target: Target, world: World) => object;
  /** The file that is sent with the body. */
  readonly file?: (target: Target) => readonly [name: string, content: Buffer];
  /** Who acts for an absent approver may too. */
  readonly delegates?: true;
  /** Only on what is one's own, also for those who oversee. */
  readonly ownOnly?: true;
  /** The actor's session ends by it, and is opened again for the next cell. */
  readonly endsSession?: true;
  /** What the trail keeps of a person is theirs to have: it names records they had to do with, and nothing that is in them. */
  readonly namesRecords?: true;
  /** Problems that only who has passed is told of. */
  readonly passes?: readonly ProblemCode[];
  /** The list shows all records of this kind that the actor may see. */
  readonly lists?: FlowRecordKind | ActRecordKind;
  /** What a second part of the address names. */
  readonly second?: (target: Target, world: World) => string;
}

const everybody: readonly Role[] = ['administrator', 'finance_officer', 'approver', 'donor', 'minister', 'auditor'];
const keepers: readonly Role[] = ['administrator', 'finance_officer'];
const officers: readonly Role[] = ['finance_officer'];
const approvers: readonly Role[] = ['approver'];
const administrators: readonly Role[] = ['administrator'];
const overImports: readonly Role[] = ['administrator', 'finance_officer', 'auditor'];
const auditReaders: readonly Role[] = ['administrator', 'auditor'];
const withDelegations: readonly Role[] = ['administrator', 'finance_officer', 'approver', 'auditor'];
const senders: readonly Role[] = ['administrator', 'finance_officer', 'auditor'];
const closers: readonly Role[] = ['administrator', 'approver'];

const read = (who: Operation['who'], on: TargetKind, query?: string): Operation => ({ who, on, ...(query !== undefined && { query }) });
const list = (who: Operation['who'], lists?: FlowRecordKind | ActRecordKind): Operation => ({ who, query: 'limit=200', ...(lists && { lists }) });
const codes: Operation = { who: 'signed-in' };
const write = (on: TargetKind, body: Operation['body'] = () => ({}), more: Partial<Operation> = {}): Operation => ({ who: officers, on, needs: 'write', body, ...more });
const approve = (on: TargetKind, body: Operation['body'] = () => ({})): Operation => ({ who: approvers, on, needs: 'approve', delegates: true, usesUp: true, body });
const keep = (body: Operation['body'], on?: TargetKind, who: readonly Role[] = keepers): Operation => ({ who, body: body!, ...(on && { on }) });

const eur = (amount: string) => ({ amount, currency: 'EUR' });
const reason = () => ({ reason: 'Pour la preuve' });
const onUser = (body: object): Operation => ({ who: administrators, on: 'user', usesUp: true, body: () => body, passes: ['STATE_CONFLICT'] });
let count = 0;
const unique = () => `X${(count += 1)}${newId().slice(-6).toUpperCase()}`;
const named = (code = unique()) => ({ code, nameFr: code, nameEn: code });
let days = 0;
/** A day of its own in the future. */
const nextDays = () => {
  const day = new Date(Date.UTC(2090, 0, (days += 1))).toISOString().slice(0, 10);
  return { startsOn: day, endsOn: day };
};
const newPassword = () => `dromadaire ${newId()}`;
const ownAccount = (body: Operation['body']): Operation => ({ who: 'signed-in', body: body!, passes: ['PASSWORD_WRONG', 'SECOND_FACTOR_NOT_SET_UP', 'SECOND_FACTOR_MANDATORY', 'TOO_MANY_ATTEMPTS'] });
const upload = (on: TargetKind): Operation => write(on, () => ({}), { file: ({ flow }) => ['Preuve.pdf', newPdf(flow?.key ?? 'unknown')] });
const newText = ({ flow }: Target, kind: string) => `${canaryOf(flow?.key ?? 'unknown')} ${kind}`;

const fundReaders: readonly Role[] = ['administrator', 'finance_officer', 'approver', 'minister', 'auditor'];
const ofAct = (target: Target, { acts }: World) => ({
  partnerId: acts.find(({ key }) => key === target.flow?.key)?.fund.partnerId,
  splits: { country: target.flow?.states.map((code) => ({ code })) },
  description: newText(target, 'act'),
});

const pledge: NonNullable<Operation['body']> = (target) => ({
  donorId: target.flow?.donorId,
  mechanism: 'bilateral_grant',
  destination: { kind: target.flow?.states.length === 1 ? 'state' : 'states' },
  splits: { country: target.flow?.states.map((code) => ({ code })) },
  restricted: target.flow?.restricted,
  description: newText(target, 'pledge'),
  amount: eur('10.00'),
  valueDate: '2025-03-11',
});

const schedule = (userId: string) => ({
  name: unique(),
  report: { kind: 'commitment_vs_disbursement', groupBy: ['state'] },
  recipients: [{ kind: 'user', userId }],
  formats: ['pdf'],
  timing: { preset: 'monthly', timeZone: 'Africa/Bamako' },
});

const actOf = (target: Target, { acts }: World) => acts.find(({ key }) => key === target.flow?.key);

/** Every operation of the API. */
export const operations: Readonly<Record<string, Operation>> = {
  login: { who: 'public', body: () => ({ email: 'officermli@tenants.liptako', password: 'wrong-but-long-enough' }), passes: ['BAD_CREDENTIALS', 'TOO_MANY_ATTEMPTS'] },
  getMe: { who: 'signed-in', withoutSecondFactor: true },

  refreshSession: { who: 'public', body: () => ({ refreshToken: 'unknown' }), passes: ['SESSION_ENDED', 'TOO_MANY_ATTEMPTS'] },
  requestPasswordReset: { who: 'public', body: () => ({ email: 'nobody@tenants.liptako' }), passes: ['TOO_MANY_ATTEMPTS'] },
  confirmPasswordReset: { who: 'public', body: () => ({ token: 'unknown', newPassword: newPassword() }), passes: ['LINK_INVALID', 'TOO_MANY_ATTEMPTS'] },
  acceptInvitation: { who: 'public', body: () => ({ token: 'unknown', password: newPassword() }), passes: ['LINK_INVALID', 'TOO_MANY_ATTEMPTS'] },
  logout: { who: 'signed-in', withoutSecondFactor: true, endsSession: true },
  changePassword: ownAccount(() => ({ currentPassword: 'wrong-but-long-enough', newPassword: newPassword() })),
  startTotp: { ...ownAccount(() => ({ currentPassword: 'wrong-but-long-enough' })), withoutSecondFactor: true },
  confirmTotp: { ...ownAccount(() => ({ totp: '123456' })), withoutSecondFactor: true },
  removeTotp: ownAccount(() => ({ currentPassword: 'wrong-but-long-enough', totp: '123456' })),
  makeRecoveryCodes: ownAccount(() => ({ totp: '123456' })),
  listMySessions: { who: 'signed-in' },
  endMyOtherSessions: { who: 'signed-in' },
  endMySession: { who: 'signed-in', on: 'session', endsSession: true },

  listAwaitingApprovals: { who: ['administrator', 'approver'], delegates: true, query: 'limit=200' },
  listApprovalLimits: { who: everybody },
  setApprovalLimit: { who: administrators, body: () => ({ state: 'TGO', amount: { amount: '1000000.00', currency: 'USD' }, reason: 'Plafond' }) },
  listDelegations: list(withDelegations),
  getDelegation: read(withDelegations, 'delegation'),
  createDelegation: { who: closers, body: (_, { actors }) => ({ toUserId: actors.officerNer.userId, ...nextDays(), reason: 'Mission' }), passes: ['DELEGATION_UNSUITABLE'] },
  revokeDelegation: { who: closers, on: 'delegation', usesUp: true, body: () => ({}) },

  uploadPledgeEvidence: upload('pledge'),
  listPledgeEvidence: read(everybody, 'pledge'),
  uploadCommitmentEvidence: upload('commitment'),
  listCommitmentEvidence: read(everybody, 'commitment'),
  uploadDisbursementEvidence: upload('approved'),
  listDisbursementEvidence: read(everybody, 'approved'),
  getEvidence: read(everybody, 'evidence'),
  downloadEvidence: read(everybody, 'evidence'),
  withdrawEvidence: write('evidence', reason, { usesUp: true }),

  listPledges: list(everybody, 'pledge'),
  getPledge: read(everybody, 'pledge'),
  createPledge: write('terms', pledge),
  listCommitments: list(everybody, 'commitment'),
  getCommitment: read(everybody, 'commitment'),
  createCommitment: write('pledge', (target) => ({ pledgeId: target.id, amount: eur('1.00'), valueDate: '2025-04-11', description: newText(target, 'commitment') })),
  requestAmendment: write('commitment', (target) => ({ delta: eur('1.00'), valueDate: '2025-05-11', reason: newText(target, 'amendment') })),
  listAmendments: list(everybody, 'amendment'),
  getAmendment: read(everybody, 'amendment'),
  approveAmendment: approve('amendment'),
  rejectAmendment: approve('amendment', reason),
  listDisbursements: list(everybody, 'submitted'),
  getDisbursement: read(everybody, 'submitted'),
  createDisbursement: write('commitment', (target) => ({ commitmentId: target.id, amount: eur('1.00'), valueDate: '2025-05-11', description: newText(target, 'disbursement') })),
  editDisbursement: write('draft', (target) => ({ description: newText(target, 'edited') })),
  submitDisbursement: write('draft', undefined, { usesUp: true }),
  approveDisbursement: approve('submitted'),
  rejectDisbursement: approve('submitted', reason),
  receiveDisbursement: write('approved', () => ({ receivedOn: '2025-06-01' }), { usesUp: true }),
  listReversals: list(everybody, 'reversal'),
  getReversal: read(everybody, 'reversal'),
  // It has a pending one already, as only who passes is told.
  requestReversal: write('approved', (target) => ({ stage: 'disbursement', recordId: target.id, reason: newText(target, 'reversal') }), { passes: ['REVERSAL_PENDING'] }),
  approveReversal: approve('reversal'),
  rejectReversal: approve('reversal', reason),

  requestReport: { who: everybody, body: () => ({ groupBy: ['donor', 'state'] }) },
  listReports: list(everybody),
  getReport: read(everybody, 'report'),
  getReportJson: read(everybody, 'report'),
  getReportCsv: read(everybody, 'report', 'language=fr'),
  getReportPdf: read(everybody, 'report', 'language=fr'),
  getReportXlsx: read(everybody, 'report', 'language=en'),
  verifyCopy: { who: 'public', on: 'copy', passes: ['REPORT_CODE_UNKNOWN', 'TOO_MANY_ATTEMPTS'] },
  sendReport: { who: everybody, on: 'report', ownOnly: true, body: (_, { actors }) => ({ recipients: [{ kind: 'user', userId: actors.auditor.userId }] }) },
  listDeliveries: list(senders),
  getDelivery: read(senders, 'delivery'),
  resendDelivery: { who: administrators, on: 'delivery', body: () => ({}), passes: ['STATE_CONFLICT'] },
  resendDeliveries: { who: administrators, body: () => ({ scheduleId: newId() }), passes: ['NOT_FOUND'] },
  listInbox: list(everybody),
  openInboxMessage: read(everybody, 'inbox'),
  acknowledgeInboxMessage: { who: everybody, on: 'inbox', body: () => ({}) },
  openSharedFile: { who: 'public', on: 'link', passes: ['LINK_INVALID', 'TOO_MANY_ATTEMPTS'] },
  listWebhooks: list(auditReaders),
  getWebhook: read(auditReaders, 'webhook'),
  createWebhook: { who: administrators, body: () => ({ name: unique(), url: 'https://example.org/liptako' }) },
  updateWebhook: { who: administrators, on: 'webhook', body: () => ({ name: unique() }) },
  rotateWebhookSecret: { who: administrators, on: 'webhook', body: () => ({}) },
  testWebhook: { who: administrators, on: 'webhook', body: () => ({}) },
  listSchedules: list(senders),
  getSchedule: read(senders, 'schedule'),
  createSchedule: keep((_, { actors }) => schedule(actors.ministerMli.userId)),
  updateSchedule: keep(() => ({ name: unique() }), 'schedule'),
  previewTiming: keep(() => ({ timing: { preset: 'quarterly', timeZone: 'Africa/Niamey' } })),
  previewSchedule: read(senders, 'schedule'),
  runSchedule: keep(() => ({}), 'schedule'),
  listOccurrences: read(senders, 'schedule'),
  listWatchRules: list(senders),
  getWatchRule: read(senders, 'rule'),
  createWatchRule: keep((_, { actors }) => ({ name: unique(), condition: { kind: 'no_payment', days: 180 }, recipients: [{ kind: 'user', userId: actors.ministerMli.userId }] })),
  updateWatchRule: keep(() => ({ name: unique() }), 'rule'),
  listWatchEvents: read(senders, 'rule', 'limit=200'),
  tryWatchRule: { who: senders, on: 'rule', body: () => ({}) },
  openReportCell: read(everybody, 'report', 'limit=200'),
  listJournalEntries: list(['administrator', 'finance_officer', 'approver', 'auditor']),

  requestImport: { who: keepers, body: () => ({ source: 'ecb', dryRun: 'true' }), file: () => ['eurofxref-hist.csv', Buffer.from('Date,USD\n2025-01-02,1.0371\n')] },
  listImports: list(overImports),
  getImport: read(overImports, 'import'),
  listImportRows: read(overImports, 'import'),

  listOrganisations: list(everybody),
  getOrganisation: read(everybody, 'organisation'),
  createOrganisation: keep(() => ({ name: unique(), type: '10' })),
  updateOrganisation: keep(() => ({ acronym: unique() }), 'organisation'),
  mergeOrganisation: { who: administrators, on: 'organisation', body: (target, { donors }) => ({ intoId: target.unknown ? donors.a : target.id, reason: 'Le même' }), passes: ['MERGE_INTO_ITSELF'] },
  listPooledFunds: list(everybody),
  getPooledFund: read(everybody, 'fund'),
  createPooledFund: keep(() => ({ ...named(), currency: 'USD' })),
  updatePooledFund: keep(() => ({ nameFr: unique() }), 'fund'),
  listFundWindows: read(everybody, 'fund'),
  createFundWindow: keep(() => named(), 'fund'),
  getFundWindow: { ...read(everybody, 'actFund'), second: (target, world) => actOf(target, world)?.fund.windowId ?? newId() },
  updateFundWindow: { ...keep(() => ({ nameFr: unique() }), 'actFund'), second: (target, world) => actOf(target, world)?.fund.windowId ?? newId() },
  listAllocationRounds: list(everybody),
  getAllocationRound: read(everybody, 'round'),
  createAllocationRound: keep((_, { acts }) => ({ ...named(), fundId: acts[0]?.fund.fundId, modality: 'standard', opensOn: '2025-01-01' })),
  updateAllocationRound: keep(() => ({ nameFr: unique() }), 'round'),
  closeAllocationRound: { ...keep(() => ({}), 'round'), passes: ['STATE_CONFLICT'] },
  reopenAllocationRound: { ...keep(() => ({}), 'round'), passes: ['STATE_CONFLICT'] },
  listProposals: list(fundReaders, 'proposal'),
  getProposal: read(fundReaders, 'proposal'),
  createProposal: write('acts', (target, world) => ({ ...ofAct(target, world), roundId: actOf(target, world)?.fund.roundId, title: newText(target, 'title'), requested: eur('1.00') })),
  editProposal: write('proposalDraft', (target) => ({ title: newText(target, 'edited') })),
  submitProposal: write('proposalDraft', undefined, { usesUp: true }),
  withdrawProposal: write('proposal', reason, { usesUp: true }),
  declineProposal: approve('proposal', reason),
  listFundOperations: list(fundReaders, 'operation'),
  getFundOperation: read(fundReaders, 'operation'),
  prepareFundOperation: write('acts', (target, world) => ({ ...ofAct(target, world), kind: 'allocation', fundId: actOf(target, world)?.fund.fundId, amount: eur('1.00'), valueDate: '2025-03-02' })),
  approveFundOperation: approve('operation'),
  rejectFundOperation: approve('operation', reason),
  listInstruments: list(everybody, 'instrument'),
  getInstrument: read(everybody, 'instrument'),
  createInstrument: write('acts', (target) => instrumentBody(target.flow?.states ?? [], newText(target, 'instrument'))),
  updateInstrument: write('instrument', (target) => ({ description: newText(target, 'edited') })),
  addInstrumentEvent: write('instrument', (target) => ({ kind: 'cost', occurredOn: '2025-03-01', amount: eur('1.00'), description: newText(target, 'event') })),
  undoInstrumentEvent: { ...write('instrument', reason, { passes: ['STATE_CONFLICT'] }), second: (target, world) => actOf(target, world)?.fund.triggerId ?? newId() },
  compareMechanisms: { who: everybody },
  followUpEvent: read(everybody, 'event'),
  getFundStatement: read(everybody, 'fundBook'),
  openFundStatementLine: read(everybody, 'fundBook', 'line=allocated&limit=200'),
  listFundAgreements: read(everybody, 'fundBook', 'limit=200'),
  getAttribution: { who: everybody },
  getOwnContributions: { who: ['donor'] },
  getCoverage: { who: everybody },
  openCoverageCell: { who: everybody, query: 'limit=200' },
  getRegionalView: { who: everybody },
  openRegionalPart: { who: everybody, query: 'limit=200' },
  createPaymentStatement: {
    who: ['donor', 'finance_officer'], on: 'terms', needs: 'state',
    body: (target) => ({
      donorId: target.flow?.donorId, countries: target.flow?.states, restricted: target.flow?.restricted, amount: eur('1.00'), valueDate: '2025-05-13', description: newText(target, 'statement'),
    }),
  },
  withdrawPaymentStatement: { who: ['donor', 'finance_officer'], on: 'statement', needs: 'state', usesUp: true, body: reason },
  listTwins: list(everybody),
  listUnmatchedTwins: { who: everybody, query: 'side=state&limit=200' },
  settleTwin: {
    who: ['finance_officer', 'approver'], on: 'approved', needs: 'settle', passes: ['STATE_CONFLICT'],
    body: (target, { flows }) => ({
      disbursementId: target.id, statementId: flows.find(({ key }) => key === target.flow?.key)?.records.statement ?? newId(), decision: 'different', reason: newText(target, 'settlement'),
    }),
  },
  listTwinSettlements: list(everybody),
  listPaymentStatements: list(everybody, 'statement'),
  getPaymentStatement: read(everybody, 'statement'),
  listResponsePlans: list(everybody),
  getResponsePlan: read(everybody, 'plan'),
  createResponsePlan: keep(() => ({ ...named(), countries: ['MLI'] })),
  updateResponsePlan: keep(() => ({ nameFr: unique() }), 'plan'),
  addPlanRequirement: keep(() => ({ amount: { amount: `${(count += 1)}.00`, currency: 'USD' }, asOf: '2025-01-31', source: 'OCHA' }), 'plan'),
  addPlanCaseload: keep(() => ({ inNeed: (count += 1), asOf: '2025-01-31', source: 'OCHA' }), 'plan'),
  listEvents: list(everybody),
  getEvent: read(everybody, 'event'),
  createEvent: keep(() => ({ ...named(), startsOn: '2025-08-07' })),
  updateEvent: keep(() => ({ place: unique() }), 'event'),
  listFxRates: { who: everybody },
  recordFxRate: keep(() => ({ source: unique(), base: 'EUR', quote: 'USD', date: '2025-01-03', rate: '1.03' })),

  listUsers: list(administrators),
  getUser: read(administrators, 'user'),
  createUser: { who: administrators, body: () => ({ email: `${unique().toLowerCase()}@tenants.liptako`, name: 'Nouveau', roles: ['auditor'] }) },
  updateUser: { who: administrators, on: 'user', body: () => ({ name: canaryOf('user.ministerNer') }) },

  inviteUserAgain: onUser({}),
  suspendUser: onUser(reason()),
  reactivateUser: onUser(reason()),
  resetUserPassword: onUser(reason()),
  resetUserSecondFactor: onUser(reason()),
  eraseUser: onUser(reason()),
  getPersonalData: { ...read(administrators, 'user'), namesRecords: true },
  updateMe: { who: 'signed-in', withoutSecondFactor: true, body: () => ({ timeZone: 'Africa/Niamey' }) },
  getMyPersonalData: { who: 'signed-in', namesRecords: true },

  listAuditEvents: list(auditReaders),
  exportAuditEvents: { who: auditReaders, query: 'from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z' },
  listAuditSeals: list(auditReaders),
  getPledgeHistory: read(everybody, 'pledge'),
  getCommitmentHistory: read(everybody, 'commitment'),
  getAmendmentHistory: read(everybody, 'amendment'),
  getDisbursementHistory: read(everybody, 'submitted'),
  getReversalHistory: read(everybody, 'reversal'),
  getFundOperationHistory: read(fundReaders, 'operation'),
  getProposalHistory: read(fundReaders, 'proposal'),
  getInstrumentHistory: read(everybody, 'instrument'),
  getPaymentStatementHistory: read(everybody, 'statement'),
  getPooledFundHistory: read(['administrator', 'finance_officer', 'approver', 'auditor'], 'fund'),
  getResponsePlanHistory: read(['administrator', 'finance_officer', 'approver', 'auditor'], 'plan'),
  getOrganisationHistory: read(['administrator', 'finance_officer', 'approver', 'auditor'], 'organisation'),
  getUserHistory: read(auditReaders, 'user'),

  listCountries: codes,
  listRegions: codes,
  listCurrencies: codes,
  listSectors: codes,
  listMechanisms: codes,
  listBeneficiaryGroups: codes,
  listOrganisationTypes: codes,
  listContributionTypes: codes,
  listEarmarkings: codes,
  listOrganisationRoles: codes,

  listPeriods: { who: everybody },
  getPeriod: read(everybody, 'month'),
  closePeriod: { who: closers, on: 'month', body: () => ({}), passes: ['STATE_CONFLICT'] },
  requestPeriodReopening: { who: closers, on: 'month', body: reason, passes: ['STATE_CONFLICT', 'REOPENING_PENDING'] },
  listPeriodReopenings: list(everybody),
  getPeriodReopening: read(everybody, 'reopening'),
  approvePeriodReopening: { who: closers, on: 'reopening', body: () => ({}), passes: ['STATE_CONFLICT'] },
  rejectPeriodReopening: { who: closers, on: 'reopening', body: reason, passes: ['STATE_CONFLICT'] },
};
