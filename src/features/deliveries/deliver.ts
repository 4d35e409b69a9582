import type { Deps } from '../../deps.js';
import { type NoticeMail, noticeMail, reportMail } from '../../i18n/delivery.js';
import type { MailText } from '../../i18n/mail.js';
import type { JobPayload } from '../../jobs/job.js';
import type { Delivery, Notice } from '../../platform/db.js';
import { type Mail, MailRefused, MailUncertain } from '../../platform/mail.js';
import { signLink } from '../../platform/signed-link.js';
import { ForbiddenAddress } from '../../platform/webhook-client.js';
import { dataKeysOf } from '../auth/data-keys.js';
import { choicesOf } from '../users/users.store.js';
import { codeGroups } from '../reports/code.js';
import { noticeText } from '../watch/notice-text.js';
import { disableWebhook, postTo } from '../webhooks/webhooks.store.js';
import { type Failure, failDelivery, failUncertain, markHandedOver, markSent, putBack, takeDelivery } from './deliveries.store.js';
import { type Issue, issueOf, languageOf, stillCovers } from './issue.js';
import { actorOf } from './recipients.js';

/** What cannot be delivered at another attempt either. */
class Undeliverable extends Error {
  override readonly name = 'Undeliverable';

  constructor(readonly failure: Failure) {
    super(failure);
  }
}

/** The job that sends one delivery: a mail once, a message to another system until it is taken. */
export const deliver = {
  async run(deps: Deps, { deliveryId: id }: JobPayload<'deliver'>): Promise<void> {
    const { db, clock } = deps;
    const delivery = await takeDelivery(db, id);
    if (!delivery) return failUncertain(db, id, clock.now());
    let handedOverAt: Date | null = null;
    const handingOver = async () => {
      const at = clock.now();
      await markHandedOver(db, id, at);
      handedOverAt = at;
    };
    try {
      await send(deps, delivery, handingOver);
    } catch (error) {
      const final = finalReason(error);
      if (final !== undefined) return failDelivery(db, { id, handedOverAt }, final, clock.now());
      await putBack(db, { id, handedOverAt }, String(error));
      throw error;
    }
    // From here on an error is no reason to send again: the mark that was set stays.
    await markSent(db, { id, handedOverAt }, clock.now());
  },

  async giveUp({ db, clock }: Deps, { deliveryId: id }: JobPayload<'deliver'>, reason: string): Promise<void> {
    await failUncertain(db, id, clock.now());
    await failDelivery(db, { id, handedOverAt: null }, reason, clock.now());
  },
};

/** Why not to try again; undefined for what may go better. */
function finalReason(error: unknown): string | undefined {
  if (error instanceof MailUncertain) return 'uncertain' satisfies Failure;
  if (error instanceof Undeliverable) return error.failure;
  if (error instanceof ForbiddenAddress || (error instanceof MailRefused && error.permanent)) return error.message;
  return undefined;
}

async function send(deps: Deps, delivery: Delivery, handingOver: () => Promise<void>): Promise<void> {
  if (delivery.channel === 'mail') await deps.mailer.send(await mailOf(deps, delivery), handingOver);
  if (delivery.channel === 'webhook') await post(deps, delivery);
}

async function mailOf(deps: Deps, delivery: Delivery): Promise<Mail> {
  const reader = await readerOf(deps, delivery);
  const { text, attachments } = delivery.runId === null ? { text: await textOfNotice(deps, delivery, reader), attachments: [] } : await textOfReport(deps, delivery, reader);
  return { to: reader.address, messageId: delivery.id, attachments, ...text };
}

/** Who reads a mail, at the address they have now. */
interface Reader {
  readonly address: string;
  readonly name: string | null;
  readonly timeZone: string;
}

/** @throws Undeliverable for a person who is suspended or erased */
async function readerOf({ db }: Deps, { userId, address }: Delivery): Promise<Reader> {
  if (userId === null) return { address: address ?? '', name: null, timeZone: 'UTC' };
  const user = await db.appUser.findUnique({ where: { id: userId } });
  if (!user?.active || user.erasedAt !== null) throw new Undeliverable('recipient_gone');
  const { name, timeZone } = choicesOf(user);
  return { address: user.email, name, timeZone };
}

/** @throws Undeliverable when somebody no longer sees all of the report */
async function issueFor({ db, reference, config }: Deps, delivery: Delivery): Promise<Issue> {
  const issue = await issueOf(db, reference, delivery, config.mailAttachmentMaxBytes);
  if (!(await stillCovers(db, delivery, issue.run))) throw new Undeliverable('rights_changed');
  return issue;
}

async function textOfReport(deps: Deps, delivery: Delivery, { name, timeZone }: Reader): Promise<{ readonly text: MailText; readonly attachments: Issue['attachments'] }> {
  const issue = await issueFor(deps, delivery);
  const { run, title, lateSince, figures, attachments } = issue;
  const text = reportMail(languageOf(delivery), {
    name,
    timeZone,
    title,
    asOf: run.asOf,
    lateSince,
    figures,
    attached: attachments.length > 0,
    ...linksTo(deps, delivery, issue),
    code: codeGroups(run.code ?? ''),
    verifyUrl: `${deps.config.publicUrl}/verify/${run.code ?? ''}`,
  });
  return { text, attachments };
}

/** An address for each file that whoever has it can open, for some days. */
function linksTo({ config, clock }: Deps, { id }: Delivery, { formats }: Issue) {
  const expiresAt = new Date(clock.now().getTime() + config.linkDays * 86_400_000);
  const urlOf = (format: string) => `${config.publicUrl}/v1/shared/${signLink({ deliveryId: id, format, expiresAt }, dataKeysOf(config))}`;
  return { expiresAt, links: formats.map((format) => ({ format, url: urlOf(format) })) };
}

async function textOfNotice(deps: Deps, delivery: Delivery, { name, timeZone }: Reader): Promise<MailText> {
  const { text } = await noticeFor(deps, delivery, timeZone);
  return noticeMail(languageOf(delivery), { name, timeZone, ...text });
}

/** @throws Undeliverable when it is restricted, and the person no longer sees what is; a donor sees its own gifts whatever they are */
async function noticeFor({ db }: Deps, delivery: Delivery, timeZone: string): Promise<{ readonly notice: Notice; readonly text: Omit<NoticeMail, 'name' | 'timeZone'> }> {
  const { userId, noticeId } = delivery;
  const notice = await db.notice.findUniqueOrThrow({ where: { id: noticeId ?? '' } });
  const person = userId === null || !notice.restricted ? null : await actorOf(db, userId);
  if (person && !person.seesRestricted && !person.roles.includes('donor')) throw new Undeliverable('rights_changed');
  const { subject, paragraphs } = noticeText(notice, languageOf(delivery), timeZone);
  return { notice, text: { subject, paragraphs } };
}

const GONE = 410;

/** @throws Error when the other system did not take it; Undeliverable when it wants nothing any more */
async function post(deps: Deps, delivery: Delivery): Promise<void> {
  const webhook = await deps.db.webhook.findUniqueOrThrow({ where: { id: delivery.webhookId ?? '' } });
  if (!webhook.active) throw new Undeliverable('webhook_inactive');
  const status = await postTo(deps, webhook, { id: delivery.id, body: JSON.stringify(await eventOf(deps, delivery)) });
  if (status === GONE) {
    await disableWebhook(deps.db, webhook.id);
    throw new Undeliverable('webhook_gone');
  }
  if (status < 200 || status > 299) throw new Error(`the other system answered ${status}`);
}

/** What another system is told: that a report is ready, with its files, or a notice. */
async function eventOf(deps: Deps, delivery: Delivery): Promise<object> {
  const { id, createdAt } = delivery;
  if (delivery.runId === null) {
    const { notice, text } = await noticeFor(deps, delivery, 'UTC');
    return { id, type: 'notice', createdAt, notice: { id: notice.id, kind: notice.kind, params: notice.params, ...text } };
  }
  const issue = await issueFor(deps, delivery);
  const { run } = issue;
  const { expiresAt, links } = linksTo(deps, delivery, issue);
  const address = `${deps.config.publicUrl}/v1/reports/${run.id}`;
  return {
    id,
    type: 'report.ready',
    createdAt,
    run: { id: run.id, kind: run.kind, asOf: run.asOf, hash: run.hash, code: run.code, links: { self: address, verify: `${deps.config.publicUrl}/verify/${run.code ?? ''}` } },
    files: links.map(({ format, url }) => ({ format, language: delivery.language, url, expiresAt })),
  };
}
