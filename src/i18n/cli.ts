import { cli as en } from './cli.en.js';
import { cli as fr } from './cli.fr.js';
import { fill } from './fill.js';
import type { Language } from './language.js';

export type CliKey = keyof typeof fr;

type Placeholder<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholder<Rest> : never;
type Params<Key extends CliKey> = [Placeholder<(typeof fr)[Key]>] extends [never]
  ? []
  : [params: Readonly<Record<Placeholder<(typeof fr)[Key]>, string | number>>];

const catalogues: Readonly<Record<Language, Readonly<Record<CliKey, string>>>> = { fr, en };

/** A text for the terminal, its {placeholders} filled. */
export function cliText<Key extends CliKey>(language: Language, key: Key, ...[params]: Params<Key>): string {
  const values: Readonly<Record<string, string | number>> = params ?? {};
  return fill(catalogues[language][key], values);
}
