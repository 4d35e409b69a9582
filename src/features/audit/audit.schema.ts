import { z } from 'zod';
import { pageBounds, pageSchema } from '../../http/paging.js';
import { textSchema } from '../../http/text.js';
import { idSchema, momentSchema } from '../../http/wire.js';

const seqSchema = z.string().regex(/^\d{1,18}$/);
const nullable = (what: string) => z.string().nullable().describe(what);

export const eventsQuery = z.strictObject({
  limit: pageBounds.limit,
  cursor: seqSchema.optional().describe('nextCursor of the page before.'),
  actor: idSchema.optional().describe('Only what this user did, or what was done on their behalf.'),
  kind: textSchema(40).optional().describe('Only records of this kind, such as "disbursement".'),
  recordId: textSchema(200).optional().describe('Only this record.'),
  action: textSchema(60).optional().describe('Only this act, such as "disbursement.approve".'),
  from: momentSchema.optional().describe('At or after this moment.'),
  to: momentSchema.optional().describe('Before this moment.'),
});
export type EventsQuery = z.output<typeof eventsQuery>;

const personSchema = z.object({ id: z.uuid().describe('The user.'), name: nullable('Their name; null once erased.') });

const eventAnswer = z
  .object({
    seq: z.string().describe('Place in the chain.'),
    hash: z.string().describe('SHA-256 of the hash before and the content of the event, in hexadecimal.'),
    id: z.uuid().describe('The event.'),
    at: z.string().describe('When its transaction began, UTC, to the microsecond.'),
    action: z.string().describe('The act, such as "disbursement.approve".'),
    actionText: z.string().describe('The same in words.'),
    actor: personSchema.nullable().describe('Who acted; null for somebody not signed in.'),
    onBehalfOf: personSchema.nullable().describe('The absent approver for whom they decided.'),
    sessionId: z.uuid().nullable().describe('The session they acted in.'),
    record: z.object({ kind: z.string().describe('Kind of the record.'), id: z.string().describe('Its identifier; "-" for a list.') }).describe('What was acted on.'),
    requestId: nullable('The X-Request-Id of the request.'),
    reason: nullable('Why, in the words of who acted.'),
    detail: z.record(z.string(), z.unknown()).describe('Before and after, or what was asked.'),
    personal: z.record(z.string(), z.unknown()).nullable().describe('From where, and what names a person; null once erased.'),
    erased: z.boolean().describe('Whether the personal part was erased; its digest stays in the chain.'),
  })
  .meta({ id: 'AuditEvent' });

export const eventPage = pageSchema(eventAnswer).meta({ id: 'AuditEventPage' });
export type EventAnswer = z.input<typeof eventAnswer>;

/** Most links of one part of an export. */
export const MOST_LINKS = 10_000;

export const exportQuery = z.strictObject({
  from: momentSchema.describe('Events at or after this moment.'),
  to: momentSchema.describe('Events before this moment.'),
  after: seqSchema.default('0').describe('The last seq of the part before.'),
  limit: z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(MOST_LINKS))
    .default(MOST_LINKS)
    .describe('Most links of a part, 1 to 10 000.'),
});
export type ExportQuery = z.output<typeof exportQuery>;

export const sealsQuery = z.strictObject({ limit: pageBounds.limit, cursor: seqSchema.optional().describe('nextCursor of the page before.') });
export type SealsQuery = z.output<typeof sealsQuery>;

const sealAnswer = z
  .object({
    seq: z.string().describe('The link that was last in the chain.'),
    hash: z.string().describe('Its hash.'),
    sealedAt: momentSchema.describe('When it was sealed.'),
    journalUntil: momentSchema.describe('The entries of the journal recorded until then are under the seal.'),
    journalHash: z.string().describe('Digest of all of them.'),
    mac: z.string().describe('The code that a holder of DATA_KEY can make, and nobody else.'),
  })
  .meta({ id: 'AuditSeal' });
export const sealPage = pageSchema(sealAnswer).meta({ id: 'AuditSealPage' });
export type SealAnswer = z.input<typeof sealAnswer>;
