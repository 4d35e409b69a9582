import { z } from 'zod';
import { booleanQuery, daySchema, idSchema } from '../../http/wire.js';

/** Filters that lists of pledges and commitments share. */
export const flowFilters = {
  donorId: idSchema.optional().describe('Only of this donor.'),
  country: z.string().length(3).optional().describe('Only flows that touch this state.'),
  mechanism: z.string().max(40).optional().describe('Only of this mechanism.'),
  fundId: idSchema.optional().describe('Only to this pooled fund.'),
  status: z.enum(['active', 'reversed']).optional().describe('Only in this state.'),
  restricted: booleanQuery.optional().describe('Only restricted ones, or only the others.'),
  from: daySchema.optional().describe('Value date on or after.'),
  to: daySchema.optional().describe('Value date on or before.'),
  reference: z.string().max(40).optional().describe('Only with this reference.'),
  externalId: z.string().max(100).optional().describe('Only with this identifier in the source it was imported from.'),
};

type Filters = z.output<z.ZodObject<typeof flowFilters>>;

/** The condition for Prisma. */
export function flowWhere(query: Filters) {
  return {
    ...(query.donorId !== undefined && { donorId: query.donorId }),
    ...(query.country !== undefined && { countries: { has: query.country } }),
    ...(query.mechanism !== undefined && { mechanism: query.mechanism }),
    ...(query.fundId !== undefined && { fundId: query.fundId }),
    ...(query.status !== undefined && { status: query.status }),
    ...(query.restricted !== undefined && { restricted: query.restricted }),
    ...(query.reference !== undefined && { reference: query.reference }),
    ...(query.externalId !== undefined && { externalId: query.externalId }),
    ...valueDateWhere(query),
  };
}

/** Value dates between two days, both included. */
export function valueDateWhere({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  if (from === undefined && to === undefined) return {};
  return { valueDate: { ...(from !== undefined && { gte: new Date(from) }), ...(to !== undefined && { lte: new Date(to) }) } };
}
