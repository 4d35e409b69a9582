import { z } from 'zod';

/** A job as a value: its name, what it carries (ids only), how often it is tried, and the first delay between attempts, doubled each time. */
function defineJob<N extends string, P>(name: N, payload: z.ZodType<P>, attempts: number, backoffMs: number) {
  return { name, payload, attempts, backoffMs } as const;
}

/** Which mail to whom; a link's token is made when the mail is sent, so that it rests nowhere. */
const mailPayload = z.strictObject({
  mail: z.enum(['invitation', 'passwordReset', 'passwordChanged', 'secondFactorChanged', 'secondFactorReset', 'accountSuspended', 'sessionRevoked']),
  userId: z.uuid(),
  tokenId: z.uuid().optional(),
  byUserId: z.uuid().optional(),
  at: z.iso.datetime().optional(),
});

const runPayload = z.strictObject({ runId: z.uuid() });

/** Every job there is; the worker does not compile without a handler for each. */
export const jobs = {
  computeReport: defineJob('compute-report', runPayload, 5, 500),
  runImport: defineJob('run-import', runPayload, 5, 500),
  // A mail server may be away for a while: about an hour and a half.
  sendMail: defineJob('send-mail', mailPayload, 10, 10_000),
  deliver: defineJob('deliver', z.strictObject({ deliveryId: z.uuid() }), 10, 10_000),
  // Their time comes from a scheduler; what they do is decided by the database, so that once too often does nothing.
  fireSchedule: defineJob('fire-schedule', z.strictObject({ scheduleId: z.uuid() }), 3, 1_000),
  watch: defineJob('watch', z.strictObject({}), 3, 5_000),
} as const;

export type JobName = (typeof jobs)[keyof typeof jobs]['name'];
export type JobPayload<N extends JobName> = z.output<Extract<(typeof jobs)[keyof typeof jobs], { name: N }>['payload']>;
