import { DomainError } from '../domain/problem.js';
import { Prisma } from './db.js';

/**
 * Writes a row whose unique columns hold `values`, by the name of their field; the constraint's name tells which one is taken.
 * @throws DUPLICATE
 */
export async function refuseDuplicate<T>(values: Readonly<Record<string, string | null>>, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const field = Object.keys(values).find((name) => isTaken(error, name));
    if (field === undefined) throw error;
    throw new DomainError('DUPLICATE', { field, value: values[field] ?? '' }, field);
  }
}

function isTaken(error: unknown, field: string): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') return false;
  const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return JSON.stringify(error.meta ?? {}).includes(`_${column}_key`);
}
