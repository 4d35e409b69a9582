import { z } from 'zod';

/** A job as a value: its name, what it carries (ids only), how often it is tried, and the first delay between attempts, doubled each time. */
function defineJob<N extends string, P>(name: N, payload: z.ZodType<P>, attempts: number, backoffMs: number) {
  return { name, payload, attempts, backoffMs } as const;
}

const runPayload = z.strictObject({ runId: z.uuid() });

/** Every job there is; the worker does not compile without a handler for each. */
export const jobs = {
  computeReport: defineJob('compute-report', runPayload, 5, 500),
  runImport: defineJob('run-import', runPayload, 5, 500),
} as const;

export type JobName = (typeof jobs)[keyof typeof jobs]['name'];
export type JobPayload<N extends JobName> = z.output<Extract<(typeof jobs)[keyof typeof jobs], { name: N }>['payload']>;
