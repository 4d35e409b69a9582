import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { isLeakedPassword, repeatedPart } from '../../platform/leaked-passwords.js';

const LEAST_CHARACTERS = 15;
const MOST_CHARACTERS = 200;
/** Letters and digits that are not the owner's words: the fewest that SP 800-63B-4 takes for a password at all. */
const LEAST_OWN_CHARACTERS = 8;
/** Of 0 to 4: more than 10^8 guesses. */
const LEAST_SCORE = 3;
/** What zxcvbn looks at, and how many readings of it as "l33t"; its time grows with the square of the one times the other. */
const JUDGED_CHARACTERS = 64;
const JUDGED_READINGS = 5;
const SERVICE_WORDS = ['liptako', 'gourma'];

export type PasswordCode = 'PASSWORD_TOO_SHORT' | 'PASSWORD_TOO_LONG' | 'PASSWORD_LEAKED' | 'PASSWORD_GUESSABLE';

/** Whose password it is to be; `more` are other words of theirs, such as their organisation's name. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
  readonly more?: readonly string[];
}

let judge: Promise<ZxcvbnFactory> | undefined;

/** The form in which passwords are counted, compared and hashed: a letter with its accent is one character, however it was typed. */
export function normalisePassword(password: string): string {
  return password.normalize('NFC');
}

/**
 * Why a password may not be chosen, by NIST SP 800-63B-4 (2025), section 3.1.1.2, and ANSSI-PG-078 (2021): 15 to 200 Unicode characters
 * of any kind, neither leaked nor guessable, not even by who knows the owner. Undefined when it may.
 * @param leakedFile of Have I Been Pwned, see {@link isLeakedPassword}
 * @throws Error when that file cannot be read or is not such a list
 */
export async function checkPassword(password: string, owner: PasswordOwner, leakedFile?: string): Promise<{ readonly code: PasswordCode } | undefined> {
  const normal = normalisePassword(password);
  const characters = Array.from(normal).length;
  if (characters < LEAST_CHARACTERS) return { code: 'PASSWORD_TOO_SHORT' };
  if (characters > MOST_CHARACTERS) return { code: 'PASSWORD_TOO_LONG' };
  if (await isLeakedPassword(normal, leakedFile)) return { code: 'PASSWORD_LEAKED' };
  if (await isGuessable(normal, owner)) return { code: 'PASSWORD_GUESSABLE' };
  return undefined;
}

async function isGuessable(password: string, owner: PasswordOwner): Promise<boolean> {
  const words = wordsOf(owner);
  if (isMadeOf(words, password)) return true;
  judge ??= loadJudge();
  // What a cut leaves of a repetition is hardly seen as one, so the part is judged instead.
  return (await judge).check(repeatedPart(password), words).score < LEAST_SCORE;
}

/** Whether so little is left without these words that it would never pass for a password. */
function isMadeOf(words: readonly string[], password: string): boolean {
  const longestFirst = words.map(plain).filter((word) => word.length > 2).sort((a, b) => b.length - a.length);
  const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ''), plain(password));
  return rest !== plain(password) && Array.from(rest.replace(/[^\p{L}\p{N}]/gu, '')).length < LEAST_OWN_CHARACTERS;
}

/** The dictionaries take their time and memory when a password is chosen for the first time, not when the process starts. */
async function loadJudge(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory }, common, french, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-fr'),
    import('@zxcvbn-ts/language-en'),
  ]);
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...french.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: JUDGED_CHARACTERS,
    l33tMaxSubstitutions: JUDGED_READINGS,
  });
}

/** The owner's words and the service's, whole and in pieces, with and without accents. */
function wordsOf({ email, name, more = [] }: PasswordOwner): string[] {
  const words = [...SERVICE_WORDS, email, name, ...more].flatMap((text) => {
    const pieces = normalisePassword(text).split(/[^\p{L}\p{N}]+/u);
    return [normalisePassword(text), pieces.join(''), ...pieces];
  });
  return [...new Set([...words, ...words.map(plain)])].filter((word) => word.length > 1);
}

/** In small letters without accents. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
