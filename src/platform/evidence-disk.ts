import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from './atomic-file.js';
import { checkEvidenceKey, isEvidenceKey } from './evidence-key.js';

/** An evidence store in a folder: one file for each key, readable by this user only. */
export function openDiskEvidence(folder: string) {
  // The last digits spread evenly; the first ones of a UUIDv7 are its time.
  const fileOf = (key: string) => path.join(folder, checkEvidenceKey(key).slice(-2), key);
  return {
    async put(key: string, content: Buffer): Promise<void> {
      await writeAtomically(fileOf(key), content);
    },
    async get(key: string): Promise<Buffer | undefined> {
      return readFile(fileOf(key)).catch(undefinedWhenMissing);
    },
    async remove(key: string): Promise<void> {
      await rm(fileOf(key), { force: true });
    },
    async *keys(): AsyncIterable<readonly string[]> {
      const shards = await readdir(folder).catch(undefinedWhenMissing);
      for (const shard of shards?.filter((name) => name.length === 2) ?? []) {
        const names = await readdir(path.join(folder, shard));
        yield names.filter(isEvidenceKey);
      }
    },
  };
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
