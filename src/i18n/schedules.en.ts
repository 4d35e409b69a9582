import type { schedules as fr } from './schedules.fr.js';

/** What a reader of scheduled reports sees, in English. */
export const schedules: Readonly<Record<keyof typeof fr, string>> = {
  OWNER_SUSPENDED: 'The owner’s account is suspended: addresses and other systems receive nothing any more, as they receive what the owner may see.',
};
