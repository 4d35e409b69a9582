import { IntlMessageFormat } from 'intl-messageformat';
import type { ProblemCode, ProblemParams } from '../domain/problem.js';
import type { Language } from './language.js';
import { problemsEn } from './problems.en.js';
import { problemsFr } from './problems.fr.js';

const catalogues = { fr: problemsFr, en: problemsEn };

/** The title and the explanation of a problem in the reader's language. */
export function problemText(language: Language, code: ProblemCode, params: ProblemParams): { title: string; detail: string } {
  const { title, detail } = catalogues[language][code];
  return { title, detail: String(new IntlMessageFormat(detail, language).format(params)) };
}
