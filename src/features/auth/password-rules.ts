import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { isLeakedPassword, repeatedPart } from '../../platform/leaked-passwords.js';

const LEAST_CHARACTERS = 15;
const MOST_CHARACTERS = 200;
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
 * Why a password may not be chosen, by NIST SP 800-63B-4 (2025), section 3.1.1.2, and the ANSSI guide on passwords (2021): 15 to 200
 * Unicode characters of any kind, and neither leaked nor guessable by who knows the owner. Undefined when it may.
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
  judge ??= loadJudge();
  // What a cut leaves of a repetition is hardly seen as one, so the part is judged instead.
  return (await judge).check(repeatedPart(password), wordsOf(owner)).score < LEAST_SCORE;
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
  const texts = [...SERVICE_WORDS, email, name, ...more].map((text) => text.normalize('NFC'));
  const words = texts.flatMap((text) => {
    const pieces = text.split(/[^\p{L}\p{N}]+/u);
    return [text, pieces.join(''), ...pieces];
  });
  const plain = words.map((word) => word.normalize('NFD').replace(/\p{M}/gu, ''));
  return [...new Set([...words, ...plain])].filter((word) => word.length > 1);
}
