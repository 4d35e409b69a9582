import { hash, verify } from '@node-rs/argon2';
import { normalisePassword } from './password-rules.js';

/** Argon2id, the library's default variant, at the least cost that OWASP's password storage cheat sheet names: 19 MiB, two passes, one thread. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of a password in PHC form, with its salt and cost. */
export function hashPassword(password: string): Promise<string> {
  return hash(normalisePassword(password), COST);
}

/** Whether the password is the one that was hashed; without a hash it takes as long and is not. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  if (stored !== null) return verify(stored, normalisePassword(password));
  await hashPassword(password);
  return false;
}
