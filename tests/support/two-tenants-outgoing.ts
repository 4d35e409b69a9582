import { newId } from '../../src/platform/ids.js';
import type { TestApp } from './app.js';

/** What goes out of the house, by the actor whose it is. */
export interface Outgoing {
  readonly schedules: Readonly<Record<string, string>>;
  readonly rules: Readonly<Record<string, string>>;
  readonly webhook: string;
  readonly deliveries: readonly OutgoingDelivery[];
}

export interface OutgoingDelivery {
  readonly name: string;
  readonly id: string;
  /** Who sends it. */
  readonly owner: string;
  /** Who receives it; null for an address or another system. */
  readonly recipient: string | null;
  readonly channel: 'mail' | 'inbox' | 'webhook';
  /** Whose report it carries; null for a notice. */
  readonly report: string | null;
}

type People = Readonly<Record<string, { readonly userId: string }>>;

/** Schedules, rules, notices and deliveries of several owners, to several recipients. */
export async function buildOutgoing({ deps: { db } }: TestApp, actors: People, reports: Readonly<Record<string, string>>): Promise<Outgoing> {
  const idOf = (name: string) => actors[name]!.userId;
  const schedules: Record<string, string> = {};
  const rules: Record<string, string> = {};
  for (const owner of ['officerMli', 'officerNer', 'administrator']) {
    schedules[owner] = newId();
    rules[owner] = newId();
    const recipients = [{ kind: 'user', userId: idOf(owner) }];
    await db.reportSchedule.create({
      data: {
        id: schedules[owner], name: 'Chaque mois', kind: 'commitment_vs_disbursement', question: { groupBy: ['state'], currency: 'USD', filters: { restricted: 'included' } }, preset: 'monthly',
        cron: '0 6 5 * *', atTime: '06:00', timeZone: 'Africa/Bamako', recipients, formats: ['pdf'], nextDueAt: new Date('2099-01-05T06:00:00Z'), createdBy: idOf(owner),
      },
    }); // prettier-ignore
    await db.scheduleOccurrence.create({ data: { scheduleId: schedules[owner], dueAt: new Date('2026-01-05T06:00:00Z'), late: false } });
    await db.watchRule.create({ data: { id: rules[owner], name: 'En retard', kind: 'instalment_late', params: { daysAfter: 1 }, recipients, quietDays: 7, createdBy: idOf(owner) } });
  }
  const webhook = newId();
  await db.webhook.create({ data: { id: webhook, name: 'Tableau de bord', url: 'https://example.org/liptako', secret: 'sealed', createdBy: idOf('administrator') } });
  const noticeOf = async (restricted: boolean) => {
    const id = newId();
    const fact = {
      kind: 'instalment_late', of: 'commitment', id, reference: 'ENG-2025-0', donor: { fr: 'Bailleur', en: 'Donor' }, states: [], dueOn: '2026-01-01', days: 9,
      amount: { amount: '1.00', currency: 'EUR' }, unpaid: { amount: '1.00', currency: 'EUR' }, since: '2026-01-10',
    }; // prettier-ignore
    const params = { rule: { id: rules.officerMli!, name: 'En retard', quietDays: 7, condition: { kind: 'instalment_late', daysAfter: 1 } }, day: '2026-01-10', count: 1, facts: [fact] };
    await db.notice.create({ data: { id, kind: 'instalment_late', params, key: id, ruleId: rules.officerMli!, restricted } });
    await db.watchEvent.create({ data: { id: newId(), ruleId: rules.officerMli!, subject: `commitment:${id}:1`, outcome: 'raised', detail: { fact }, noticeId: id, restricted } });
    return id;
  };
  const [plain, restricted] = [await noticeOf(false), await noticeOf(true)];
  const deliveries: OutgoingDelivery[] = [];
  const add = async (name: string, made: Omit<OutgoingDelivery, 'id' | 'name'>, noticeId?: string) => {
    const id = newId();
    const { owner, recipient, channel, report } = made;
    const to = recipient === null ? (channel === 'webhook' ? { webhookId: webhook, recipient: `webhook:${webhook}` } : { address: 'cabinet@example.org', recipient: 'address:cabinet@example.org' }) : { userId: idOf(recipient), recipient: `user:${idOf(recipient)}` };
    const state = channel === 'inbox' ? { status: 'sent', sentAt: new Date() } as const : { status: 'failed', failedAt: new Date(), error: '550' } as const;
    await db.delivery.create({ data: { id, channel, ...to, ...state, ...(report ? { runId: reports[report]! } : { noticeId: noticeId! }), language: 'fr', formats: ['pdf'], requestedBy: idOf(owner) } });
    deliveries.push({ name, id, ...made });
  };
  await add('own report', { owner: 'administrator', recipient: 'ministerMli', channel: 'inbox', report: 'ministerMli' });
  await add('report beyond their rights', { owner: 'officerMli', recipient: 'ministerMli', channel: 'inbox', report: 'officerMli' });
  await add('notice to a donor', { owner: 'officerMli', recipient: 'donorA', channel: 'inbox', report: null }, plain);
  await add('restricted notice', { owner: 'officerMli', recipient: 'ministerNer', channel: 'inbox', report: null }, restricted);
  await add('dead letter to an address', { owner: 'officerMli', recipient: null, channel: 'mail', report: 'officerMli' });
  await add('dead letter to a system', { owner: 'administrator', recipient: null, channel: 'webhook', report: null }, plain);
  return { schedules, rules, webhook, deliveries };
}
