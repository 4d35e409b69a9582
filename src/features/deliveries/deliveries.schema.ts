import { z } from 'zod';
import { idColumn, pageBounds, pageQuery, pageSchema } from '../../http/paging.js';
import { languageSchema } from '../../http/text.js';
import { booleanQuery, idSchema, versionField } from '../../http/wire.js';
import type { Delivery } from '../../platform/db.js';
import { formats } from '../reports/download.js';
import { recipientsSchema } from './recipients.js';

const channels = ['mail', 'inbox', 'webhook'] as const;
const statuses = ['queued', 'sending', 'sent', 'failed'] as const;
const moment = z.iso.datetime().nullable();

export const deliveryAnswer = z
  .object({
    id: z.uuid(),
    runId: z.uuid().nullable().describe('The report; null for a notice.'),
    noticeId: z.uuid().nullable().describe('The notice; null for a report.'),
    channel: z.enum(channels),
    userId: z.uuid().nullable().describe('The person with an account.'),
    address: z.string().nullable().describe('The mail address without an account; shown to administrators and to whoever sends it.'),
    webhookId: z.uuid().nullable().describe('The other system.'),
    language: z.enum(['fr', 'en']),
    formats: z.array(z.string()).describe('The files that go with it.'),
    status: z.enum(statuses).describe('“failed”: a dead letter, until somebody sends it again.'),
    attempts: z.int(),
    error: z.string().nullable().describe('Why the last attempt did not succeed: a word of ours such as “uncertain”, or what the server said.'),
    errorText: z.string().nullable().describe('The same in the reader’s language.'),
    requestedBy: z.uuid().describe('Who sends it; of a schedule or rule, its owner.'),
    createdAt: z.iso.datetime(),
    handedOverAt: moment.describe('When the mail server was given all of it.'),
    sentAt: moment,
    failedAt: moment,
    openedAt: moment.describe('When the recipient first opened it, in the inbox or by a link.'),
    acknowledgedAt: moment.describe('When the recipient confirmed receipt.'),
    version: versionField,
  })
  .meta({ id: 'Delivery' });
export type DeliveryAnswer = z.input<typeof deliveryAnswer>;

export const deliverySorts = { recordedAt: idColumn<Delivery>() };
export const deliveriesQuery = z.strictObject({
  ...pageQuery(deliverySorts, '-recordedAt'),
  status: z.enum(statuses).optional().describe('Only in this state; “failed” gives the dead letters.'),
  channel: z.enum(channels).optional().describe('Only by this way.'),
  runId: idSchema.optional().describe('Only of this report.'),
  scheduleId: idSchema.optional().describe('Only of the reports of this schedule.'),
});
export type DeliveriesQuery = z.output<typeof deliveriesQuery>;
export const deliveryPage = pageSchema(deliveryAnswer);

export const resendBody = z
  .strictObject({
    runId: idSchema.optional().describe('The dead letters of this report.'),
    scheduleId: idSchema.optional().describe('The dead letters of the reports of this schedule.'),
    uncertain: z.boolean().default(false).describe('Also those that may have arrived: whoever has got one gets it twice.'),
  })
  .refine(({ runId, scheduleId }) => (runId === undefined) !== (scheduleId === undefined), { path: ['runId'], error: 'runOrSchedule' })
  .describe('A report or a schedule.')
  .meta({ id: 'ResendInput' });
export type ResendInput = z.output<typeof resendBody>;

export const resendAnswer = z.object({
  resent: z.int().describe('Sent again now.'),
  left: z.int().describe('Dead letters that are left: ask again.'),
});
export type ResendAnswer = z.input<typeof resendAnswer>;

export const sendBody = z
  .strictObject({
    recipients: recipientsSchema,
    formats: z.array(z.enum(formats)).min(1).max(formats.length).default(['pdf']).describe('The files that go with it.'),
    language: languageSchema.optional().describe('That of each recipient when left out.'),
  })
  .meta({ id: 'SendReportInput' });
export type SendInput = z.output<typeof sendBody>;

export const sendAnswer = z.object({
  recipients: z.int().describe('Who receives it; whoever has received it before does not get it again.'),
  leftOut: z.int().describe('Those of the roles named who do not see all that is in it.'),
});
export type SendAnswer = z.input<typeof sendAnswer>;

const links = z.record(z.string(), z.string()).describe('Where its files are.');

const inboxItem = z
  .object({
    id: z.uuid(),
    kind: z.enum(['report', 'notice']),
    subject: z.string().describe('In the reader’s language.'),
    receivedAt: z.iso.datetime(),
    late: z.boolean().describe('Whether it was due earlier.'),
    openedAt: moment.describe('When it was first opened.'),
    acknowledgedAt: moment.describe('When its receipt was confirmed.'),
    report: z
      .object({ id: z.uuid(), kind: z.string(), asOf: z.iso.datetime(), hash: z.string().nullable(), code: z.string().nullable(), links })
      .nullable()
      .describe('Null for a notice, and for a report of which one no longer sees all.'),
    version: versionField,
  })
  .meta({ id: 'InboxItem' });

export const inboxMessage = inboxItem
  .extend({
    paragraphs: z.array(z.string()).describe('The text of a notice.'),
    link: z.object({ label: z.string(), path: z.string() }).nullable().describe('Where a notice leads.'),
  })
  .meta({ id: 'InboxMessage' });
export type InboxItem = z.input<typeof inboxItem>;
export type InboxMessage = z.input<typeof inboxMessage>;

export const inboxQuery = z.strictObject({
  ...pageBounds,
  unread: booleanQuery.optional().describe('Only those not yet opened, or only those opened.'),
  acknowledged: booleanQuery.optional().describe('Only those whose receipt was confirmed, or only those where it was not.'),
});
export type InboxQuery = z.output<typeof inboxQuery>;
export const inboxPage = pageSchema(inboxItem).extend({
  counts: z.object({ unread: z.int(), unacknowledged: z.int() }).describe('Of the whole inbox.'),
});

export const sharedParams = z.strictObject({ token: z.string().max(300).describe('The end of a link in a mail.') });
