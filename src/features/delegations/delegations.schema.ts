import { z } from 'zod';
import { idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { daySchema, idSchema, versionField } from '../../http/wire.js';
import type { Delegation } from '../../platform/db.js';

export const delegationBody = z
  .strictObject({
    fromUserId: idSchema.optional().describe('The absent approver; yourself when left out. Only an administrator names somebody else.'),
    toUserId: idSchema.describe('Who approves instead: an active finance officer or approver.'),
    startsOn: daySchema.describe('First day (UTC); not in the past.'),
    endsOn: daySchema.describe('Last day (UTC); at most 366 days in all.'),
    reason: z.string().trim().min(3).max(1000).describe('Why: leave, mission, illness.'),
  })
  .meta({ id: 'DelegationInput' });
export type DelegationInput = z.output<typeof delegationBody>;

const statuses = ['planned', 'running', 'ended', 'revoked'] as const;

export const delegationAnswer = z
  .object({
    id: z.uuid(),
    fromUserId: z.uuid(),
    toUserId: z.uuid(),
    startsOn: daySchema,
    endsOn: daySchema,
    reason: z.string(),
    status: z.enum(statuses).describe('Only a running one gives a right.'),
    createdBy: z.uuid(),
    createdAt: z.iso.datetime(),
    revokedBy: z.uuid().nullable(),
    revokedAt: z.iso.datetime().nullable(),
    version: versionField,
  })
  .meta({ id: 'Delegation' });
export type DelegationAnswer = z.input<typeof delegationAnswer>;

export const delegationSorts = { recordedAt: idColumn<Delegation>() };

export const delegationsQuery = z.strictObject({
  ...pageQuery(delegationSorts, '-recordedAt'),
  fromUserId: idSchema.optional().describe('Only of this absent approver.'),
  toUserId: idSchema.optional().describe('Only to this person.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
});
export type DelegationsQuery = z.output<typeof delegationsQuery>;

export const delegationPage = pageSchema(delegationAnswer);
