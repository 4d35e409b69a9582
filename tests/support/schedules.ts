import type { Test } from 'supertest';
import type { Client, TestApp, UserOptions } from './app.js';

/** A schedule as it is answered. */
export interface Schedule {
  readonly id: string;
  readonly nextDueAt: string | null;
  readonly active: boolean;
  readonly problem: string | null;
  readonly version: number;
  readonly [field: string]: unknown;
}

/** Somebody who has accepted the invitation, and so receives reports. */
export async function createReader(app: TestApp, options: UserOptions): Promise<Client> {
  const reader = await app.user(options);
  await app.deps.db.userCredential.create({ data: { userId: reader.userId } });
  return reader;
}

/** The body of a schedule: every month by the 5th, at eight in Bamako, to the ministers. */
export function scheduleBody(more: object = {}): object {
  return {
    name: 'Rapport mensuel',
    report: { kind: 'commitment_vs_disbursement', groupBy: ['donor'] },
    recipients: [{ kind: 'role', role: 'minister' }],
    formats: ['pdf', 'xlsx'],
    timing: { preset: 'monthly', day: 5, atTime: '08:00', timeZone: 'Africa/Bamako' },
    ...more,
  };
}

export async function createSchedule(owner: Client, more: object = {}): Promise<Schedule> {
  return scheduleOf(owner.post('/v1/report-schedules', scheduleBody(more)).expect(201));
}

export async function scheduleOf(test: Test): Promise<Schedule> {
  return (await test).body as Schedule;
}
