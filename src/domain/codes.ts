import { DomainError } from './problem.js';

/**
 * Lets a code pass that its list has.
 * @throws CODE_UNKNOWN
 */
export function requireCode(code: string, known: ReadonlyMap<string, unknown>, list: string, field: string): void {
  if (!known.has(code)) throw new DomainError('CODE_UNKNOWN', { code, list }, field);
}

/**
 * Lets codes pass that their list has, each named once.
 * @throws CODE_UNKNOWN, CODE_REPEATED
 */
export function requireCodes(codes: readonly string[], known: ReadonlyMap<string, unknown>, list: string, field: string): void {
  codes.forEach((code, index) => requireCode(code, known, list, `${field}.${index}`));
  const repeated = codes.find((code, index) => codes.indexOf(code) !== index);
  if (repeated !== undefined) throw new DomainError('CODE_REPEATED', { code: repeated }, field);
}
