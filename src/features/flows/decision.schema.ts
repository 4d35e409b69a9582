import { z } from 'zod';
import { versionField } from '../../http/wire.js';

/** Why something was turned down. */
export const rejectionBody = z.strictObject({ reason: z.string().trim().min(3).max(1000).describe('Why it is turned down.') }).meta({ id: 'Rejection' });

/** No body is needed. */
export const emptyBody = z.strictObject({});

export const decisionStatuses = ['submitted', 'approved', 'rejected'] as const;

/** Who prepared something that a second person decides on, and what was decided. */
export const decisionFields = {
  status: z.enum(decisionStatuses),
  preparedBy: z.uuid(),
  preparedAt: z.iso.datetime(),
  decidedBy: z.uuid().nullable(),
  decidedAt: z.iso.datetime().nullable(),
  decisionReason: z.string().nullable(),
  version: versionField,
};

/** A decision, as it is kept. */
export interface Decision {
  readonly status: 'approved' | 'rejected';
  readonly decidedBy: string;
  readonly decidedAt: Date;
  readonly decisionReason?: string;
}

interface DecidedRow {
  readonly status: (typeof decisionStatuses)[number];
  readonly preparedBy: string;
  readonly preparedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  readonly version: number;
}

/** The same, as it is answered. */
export function decisionOf({ status, preparedBy, preparedAt, decidedBy, decidedAt, decisionReason, version }: DecidedRow) {
  return { status, preparedBy, preparedAt: preparedAt.toISOString(), decidedBy, decidedAt: decidedAt?.toISOString() ?? null, decisionReason, version };
}
