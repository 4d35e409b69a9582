import type { Deps } from '../../deps.js';

/** A request is over long before; the rest leaves time to restore a database without losing what it names. */
const KEPT_DAYS = 7;
/** So few are always leftovers. */
const FEW = 10;

/**
 * Removes contents that no document names: an upload stores them before its transaction ends, and that may fail. Keys are UUIDv7, so
 * they tell their age.
 * @returns how many were removed
 * @throws Error when more contents have no document than have one: those are no leftovers, but the store of another database
 */
export async function sweepEvidence({ db, evidence, clock }: Pick<Deps, 'db' | 'evidence' | 'clock'>): Promise<number> {
  const before = clock.now().getTime() - KEPT_DAYS * 86_400_000;
  const orphans: string[] = [];
  let named = 0;
  for await (const keys of evidence.keys()) {
    const old = keys.filter((key) => bornAt(key) < before);
    const rows = await db.evidenceDocument.findMany({ where: { id: { in: old } }, select: { id: true } });
    const known = new Set(rows.map(({ id }) => id));
    named += known.size;
    orphans.push(...old.filter((key) => !known.has(key)));
  }
  if (orphans.length > Math.max(named, FEW)) throw new Error(`${orphans.length} of ${orphans.length + named} contents of evidence have no document: nothing is removed`);
  for (const key of orphans) await evidence.remove(key);
  return orphans.length;
}

/** Milliseconds since 1970, in the first 48 bits of a UUIDv7 (RFC 9562, 5.7); what is none is never old. */
function bornAt(key: string): number {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(key) ? Number.parseInt(key.replace('-', '').slice(0, 12), 16) : Infinity;
}
