import { z } from 'zod';

/** Why something was turned down. */
export const rejectionBody = z.strictObject({ reason: z.string().trim().min(3).max(1000).describe('Why it is turned down.') }).meta({ id: 'Rejection' });

/** No body is needed. */
export const emptyBody = z.strictObject({});
