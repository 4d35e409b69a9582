import { z } from 'zod';
import { pageQuery, pageSchema, idColumn, textColumn } from '../../http/paging.js';
import { textSchema } from '../../http/text.js';
import { booleanQuery, optionalFields, versionField } from '../../http/wire.js';
import type { Webhook } from '../../platform/db.js';

const fields = {
  name: textSchema(200).describe('What the other system is called.'),
  url: z.url({ protocol: /^https?$/ }).max(1000).describe('Where messages are sent by POST: https, at a public address.'),
};

export const webhookBody = z.strictObject(fields).meta({ id: 'WebhookInput' });
export type WebhookInput = z.output<typeof webhookBody>;

export const webhookPatch = z
  .strictObject({ ...optionalFields(fields), active: z.boolean().optional().describe('Whether anything is sent there.') })
  .meta({ id: 'WebhookPatch' });
export type WebhookPatch = z.output<typeof webhookPatch>;

export const webhookAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    url: z.string(),
    active: z.boolean().describe('False also once the other system has answered 410.'),
    createdBy: z.uuid(),
    createdAt: z.iso.datetime(),
    version: versionField,
  })
  .meta({ id: 'Webhook' });
export type WebhookAnswer = z.input<typeof webhookAnswer>;

export const webhookWithSecret = webhookAnswer
  .extend({ secret: z.string().describe('Signs every message, by the Standard Webhooks specification; shown this once.') })
  .meta({ id: 'WebhookWithSecret' });
export type WebhookWithSecret = z.input<typeof webhookWithSecret>;

export const testAnswer = z
  .object({
    ok: z.boolean().describe('Whether the answer was one of success, 200 to 299.'),
    status: z.int().nullable().describe('Of the answer; null when there was none.'),
    error: z.string().nullable().describe('Why there was no answer.'),
  })
  .meta({ id: 'WebhookTest' });
export type TestAnswer = z.input<typeof testAnswer>;

export const webhookSorts = { recordedAt: idColumn<Webhook>(), name: textColumn<Webhook>('name', ({ name }) => name) };
export const webhooksQuery = z.strictObject({ ...pageQuery(webhookSorts, 'name'), active: booleanQuery.optional().describe('Only those in use, or only those that are not.') });
export type WebhooksQuery = z.output<typeof webhooksQuery>;
export const webhookPage = pageSchema(webhookAnswer);
