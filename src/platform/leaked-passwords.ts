import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const HASH_CHARACTERS = 40;
/** More than two lines of the file: somewhere in it, a whole hash begins. */
const PROBE_BYTES = 256;
const BLOCK_BYTES = 4096;

let commonPasswords: Promise<ReadonlySet<string>> | undefined;

/**
 * Whether attackers try this password early: it, what it repeats, or what is left of either without the digits and signs at its end, is
 * among the common passwords of zxcvbn-ts, in any case and spacing; or the password itself is in the file of Have I Been Pwned.
 * @param file its SHA-1 download "ordered by hash": lines `<40 hexadecimal digits>:<count>`
 * @throws Error when the file cannot be read or is not such a list
 */
export async function isLeakedPassword(password: string, file?: string): Promise<boolean> {
  return (await isCommon(password)) || (file !== undefined && (await isInFile(password, file)));
}

/** What a text consists of again and again, or the text itself: `abab` and `ab-ab` are `ab`. */
export function repeatedPart(text: string): string {
  return /^(.+?)\1+$/su.exec(withoutSpacing(text))?.[1] ?? text;
}

async function isCommon(password: string): Promise<boolean> {
  commonPasswords ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  const common = await commonPasswords;
  const small = password.toLowerCase();
  const forms = [small, withoutSpacing(small)].flatMap(withAndWithoutEnd).map(repeatedPart).flatMap(withAndWithoutEnd);
  return forms.some((form) => common.has(form));
}

function withoutSpacing(text: string): string {
  return text.replace(/[\s._-]/g, '');
}

function withAndWithoutEnd(word: string): readonly string[] {
  return [word, word.replace(/[^\p{L}]+$/u, '')];
}

async function isInFile(password: string, file: string): Promise<boolean> {
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
  const handle = await open(file);
  try {
    return await isListed(handle, hash);
  } finally {
    await handle.close();
  }
}

/** Searches between two places of which the first begins a line, until the lines between them are few. */
async function isListed(handle: FileHandle, hash: string): Promise<boolean> {
  let [low, high] = [0, (await handle.stat()).size];
  let [least, most] = ['', 'G'];
  while (high - low > BLOCK_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const probe = await read(handle, middle, PROBE_BYTES);
    const begin = probe.indexOf('\n') + 1;
    const found = hashAt(probe, begin);
    // Searching a list that is not in order would find next to nothing, and nobody would know.
    if (found < least || found > most) throw new Error('The leaked passwords are not ordered by hash.');
    if (found <= hash) [low, least] = [middle + begin, found];
    else [high, most] = [middle + begin, found];
  }
  const lines = (await read(handle, low, high - low)).split('\n').filter((line) => line.trim() !== '');
  return lines.some((line) => hashAt(line, 0) === hash);
}

function hashAt(text: string, place: number): string {
  const hash = text.slice(place, place + HASH_CHARACTERS).toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(hash)) throw new Error('The leaked passwords are not a list of SHA-1 hashes.');
  return hash;
}

async function read(handle: FileHandle, place: number, bytes: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, place);
  return buffer.toString('latin1', 0, bytesRead);
}
