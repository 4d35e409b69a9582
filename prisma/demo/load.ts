import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { Deps } from '../../src/deps.js';
import { fromDay } from '../../src/domain/days.js';
import { nobody, type Role } from '../../src/domain/policy.js';
import { sealTotpSecret } from '../../src/features/auth/credential.store.js';
import { hashPassword } from '../../src/features/auth/password.js';
import { createCommitment } from '../../src/features/commitments/commitments.service.js';
import { commitmentBody } from '../../src/features/commitments/commitments.schema.js';
import { approveDisbursement, createDisbursement, submitDisbursement } from '../../src/features/disbursements/disbursements.service.js';
import { importRates } from '../../src/features/fx/fx.store.js';
import { recordRevision } from '../../src/features/journal/revision.store.js';
import { pledgeBody } from '../../src/features/pledges/pledges.schema.js';
import { createPledge } from '../../src/features/pledges/pledges.service.js';
import { scheduleBody } from '../../src/features/schedules/schedules.schema.js';
import { createSchedule } from '../../src/features/schedules/schedules.service.js';
import { ruleBody } from '../../src/features/watch/watch.schema.js';
import { createRule } from '../../src/features/watch/watch.service.js';
import type { RequestContext } from '../../src/http/endpoint.js';
import { noPrecondition } from '../../src/http/precondition.js';
import { parseMinor } from '../../src/domain/money.js';
import { systemClock } from '../../src/platform/clock.js';
import { parseConfig } from '../../src/platform/config.js';
import { inTransaction, openDb, type OrganisationRole, type Tx } from '../../src/platform/db.js';
import { configuredEvidenceStore } from '../../src/platform/evidence-store.js';
import { newId } from '../../src/platform/ids.js';
import { createMailer } from '../../src/platform/mail.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { createLocalRateLimits } from '../../src/platform/rate-limit.js';
import { loadReference } from '../../src/platform/reference.js';
import type { DataKeys } from '../../src/platform/secret-box.js';
import { DEMO_PASSWORD, demoAccounts } from './accounts.js';

interface DemoData {
  readonly organisations: readonly {
    readonly key: string;
    readonly name: string;
    readonly nameFr: string | null;
    readonly nameEn: string | null;
    readonly acronym: string | null;
    readonly type: string;
    readonly roles: OrganisationRole[];
    readonly country: string | null;
    readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  }[];
  readonly pooledFunds: readonly Record<'code' | 'nameFr' | 'nameEn' | 'administrator' | 'currency', string>[] & readonly { readonly countries: string[] }[];
  readonly plans: readonly {
    readonly code: string;
    readonly nameFr: string;
    readonly nameEn: string;
    readonly countries: string[];
    readonly year: number;
    readonly startsOn: string;
    readonly endsOn: string;
    readonly requirements: readonly { readonly amount: string; readonly currency: string; readonly asOf: string; readonly source: string }[];
  }[];
  readonly events: readonly Record<'code' | 'nameFr' | 'nameEn' | 'place' | 'startsOn' | 'endsOn', string>[];
  readonly contributions: readonly Contribution[];
  readonly schedules: readonly object[];
  readonly watchRules: readonly object[];
  readonly exchangeRates: { readonly source: string; readonly base: string; readonly days: readonly { readonly date: string; readonly rates: Record<string, string> }[] };
}

interface Contribution {
  readonly stage: 'pledge' | 'commitment' | 'disbursement';
  readonly donor: string;
  readonly recipient: string | null;
  readonly fund?: string;
  readonly event?: string;
  readonly boundary?: string;
  readonly mechanism: string;
  readonly contributionType: string;
  readonly earmarking: string | null;
  readonly destinationKind: string;
  readonly splits: object;
  readonly amount: string;
  readonly currency: string;
  readonly valueDate: string;
  readonly description: string;
  readonly source: string;
}

/** Who can log in. */
export interface LoadedDemo {
  readonly users: readonly { readonly login: string; readonly email: string; readonly password: string; readonly role: Role; readonly secondFactor: boolean }[];
}

/** Loads the demonstration once, by the same services that the API uses; all of it or nothing. `keys` seal its second factors. */
export async function loadDemoData(databaseUrl: string, keys: DataKeys): Promise<LoadedDemo> {
  const db = openDb(databaseUrl, 2, 'system');
  try {
    const loaded = await db.appUser.findUnique({ where: { email: demoAccounts[0]?.email ?? '' } });
    if (!loaded) {
      const data = JSON.parse(readFileSync(path.join(__dirname, 'data.json'), 'utf8')) as DemoData;
      const config = parseConfig({ LIPTAKO_MODE: 'test', DATABASE_URL: databaseUrl });
      const deps: Deps = {
        db,
        config,
        log: pino({ level: 'silent' }),
        clock: systemClock,
        reference: await loadReference(db),
        metrics: createMetrics(),
        mailer: createMailer(config),
        evidence: configuredEvidenceStore(config),
        rateLimits: createLocalRateLimits({ keys }),
      };
      await inTransaction(db, (tx) => loadAll(tx, deps, data), { timeoutSeconds: 120 });
    }
    await inTransaction(db, (tx) => enrol(tx, keys));
    return { users: demoAccounts.map(({ login, email, role, totpSecret }) => ({ login, email, password: DEMO_PASSWORD, role, secondFactor: totpSecret !== undefined })) };
  } finally {
    await db.$disconnect();
  }
}

async function loadAll(tx: Tx, deps: Deps, data: DemoData): Promise<void> {
  const people = await loadAccounts(tx);
  const organisations = await loadOrganisations(tx, data, people.officer);
  await linkDonors(tx, organisations);
  const funds = await loadFunds(tx, data, organisations, people.officer);
  const events = await loadEvents(tx, data, people.officer);
  await loadPlans(tx, deps, data, people.officer);
  const { source, base, days } = data.exchangeRates;
  const rates = days.flatMap(({ date, rates }) => Object.entries(rates).map(([quote, rate]) => ({ source, base, quote, date, rate })));
  await importRates(tx, rates, people.officer);
  for (const contribution of data.contributions) {
    await loadContribution(tx, deps, contribution, { organisations, funds, events, people });
  }
  const officer = actAs(tx, deps, people.officer, 'finance_officer');
  for (const schedule of data.schedules) await createSchedule(officer, scheduleBody.parse(schedule));
  for (const rule of data.watchRules) await createRule(officer, ruleBody.parse(rule));
}

interface Known {
  readonly organisations: ReadonlyMap<string, string>;
  readonly funds: ReadonlyMap<string, string>;
  readonly events: ReadonlyMap<string, string>;
  readonly people: { readonly officer: string; readonly approver: string };
}

async function loadAccounts(tx: Tx): Promise<Known['people']> {
  const passwordHash = await hashPassword(DEMO_PASSWORD);
  const ids = new Map<Role, string>();
  for (const { email, name, role, states = [] } of demoAccounts) {
    const id = newId();
    await tx.appUser.create({ data: { id, email, name, roles: [role], states: [...states] } });
    await tx.userCredential.create({ data: { userId: id, passwordHash } });
    ids.set(role, id);
  }
  return { officer: ids.get('finance_officer') ?? '', approver: ids.get('approver') ?? '' };
}

/** Gives the second factor to those who sign in with one and have none: a demonstration from before there was one gets it too. */
async function enrol(tx: Tx, keys: DataKeys): Promise<void> {
  for (const { email, totpSecret } of demoAccounts) {
    const user = totpSecret === undefined ? null : await tx.appUser.findUnique({ where: { email } });
    if (!user || totpSecret === undefined) continue;
    const data = { totpSecret: sealTotpSecret(totpSecret, user.id, keys), totpConfirmedAt: new Date(), totpLastStep: null };
    await tx.userCredential.updateMany({ where: { userId: user.id, totpSecret: null }, data });
  }
}

async function linkDonors(tx: Tx, organisations: ReadonlyMap<string, string>): Promise<void> {
  for (const { email, organisation } of demoAccounts) {
    if (organisation !== undefined) await tx.appUser.update({ where: { email }, data: { organisationId: organisations.get(organisation) ?? null } });
  }
}

async function loadOrganisations(tx: Tx, data: DemoData, by: string): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { key, country, identifiers, ...names } of data.organisations) {
    const id = newId();
    await tx.organisation.create({ data: { id, ...names, countryIso3: country, identifiers: { create: [...identifiers] } } });
    const { name, nameFr, nameEn, acronym, type } = names;
    await recordRevision(tx, 'organisation', id, { name, nameFr, nameEn, acronym, type, mergedIntoId: null }, by);
    ids.set(key, id);
  }
  return ids;
}

async function loadFunds(tx: Tx, data: DemoData, organisations: ReadonlyMap<string, string>, by: string): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { code, nameFr, nameEn, administrator, currency, countries } of data.pooledFunds) {
    const id = newId();
    await tx.pooledFund.create({ data: { id, code, nameFr, nameEn, currency, countries, administratorId: organisations.get(administrator) ?? null } });
    await recordRevision(tx, 'pooled_fund', id, { code, nameFr, nameEn }, by);
    ids.set(code, id);
  }
  return ids;
}

async function loadEvents(tx: Tx, data: DemoData, by: string): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const { code, nameFr, nameEn, place, startsOn, endsOn } of data.events) {
    const id = newId();
    await tx.event.create({ data: { id, code, nameFr, nameEn, place, startsOn: fromDay(startsOn), endsOn: fromDay(endsOn) } });
    await recordRevision(tx, 'event', id, { code, nameFr, nameEn }, by);
    ids.set(code, id);
  }
  return ids;
}

async function loadPlans(tx: Tx, { reference }: Deps, data: DemoData, by: string): Promise<void> {
  for (const { requirements, startsOn, endsOn, ...plan } of data.plans) {
    const id = newId();
    const versions = requirements.map(({ amount, currency, asOf, source }) => ({
      id: newId(),
      amountMinor: parseMinor(amount, currency, reference.exponents),
      currency,
      asOf: fromDay(asOf),
      source,
    }));
    await tx.responsePlan.create({ data: { id, ...plan, startsOn: fromDay(startsOn), endsOn: fromDay(endsOn), requirements: { create: versions } } });
    const { code, nameFr, nameEn, countries, year } = plan;
    await recordRevision(tx, 'response_plan', id, { code, nameFr, nameEn, countries, year }, by);
  }
}

async function loadContribution(tx: Tx, deps: Deps, contribution: Contribution, known: Known): Promise<void> {
  const { stage, currency, valueDate, description } = contribution;
  const amount = { amount: contribution.amount, currency };
  const evidence = { reference: contribution.source.slice(0, 200) };
  const fundId = contribution.fund === undefined ? null : known.funds.get(contribution.fund);
  const flow = {
    donorId: known.organisations.get(contribution.donor),
    recipientId: contribution.recipient === null ? null : known.organisations.get(contribution.recipient),
    mechanism: contribution.mechanism,
    contributionType: contribution.contributionType,
    earmarking: contribution.earmarking,
    destination: { kind: contribution.destinationKind, fundId },
    splits: contribution.splits,
    boundary: contribution.boundary ?? 'crossing',
    description,
    evidence,
    amount,
    valueDate,
  };
  const officer = actAs(tx, deps, known.people.officer, 'finance_officer');
  if (stage === 'pledge') {
    const eventId = contribution.event === undefined ? null : known.events.get(contribution.event);
    await createPledge(officer, pledgeBody.parse({ ...flow, eventId }));
    return;
  }
  const commitment = (await createCommitment(officer, commitmentBody.parse(flow))) as { id: string };
  if (stage === 'commitment') return;
  const draft = (await createDisbursement(officer, { commitmentId: commitment.id, amount, valueDate, description, evidence })) as { id: string };
  await submitDisbursement(officer, draft.id);
  await approveDisbursement(actAs(tx, deps, known.people.approver, 'approver'), draft.id);
}

/** The demonstration's people also record what a flow shares with countries that nobody tracks. */
function actAs(tx: Tx, deps: Deps, userId: string, role: Role): RequestContext {
  const states = [...deps.reference.countries.keys()];
  const actor = { ...nobody, userId, roles: [role], states };
  const origin = { address: null, agent: null };
  return { db: tx, deps, actor, language: 'fr', requestId: 'demonstration', origin, precondition: noPrecondition, now: deps.clock.now() };
}
