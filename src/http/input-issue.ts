import type { z } from 'zod';
import type { Language } from '../i18n/language.js';
import { isValidationKey, validationText, type ValidationKey } from '../i18n/validation.js';

type Issue = z.core.$ZodIssue;

/** Puts an issue that zod found into words: what would be right, in the reader's language. */
export function issueText(issue: Issue, language: Language): string {
  const text = (key: ValidationKey, params?: Readonly<Record<string, string | number>>) => validationText(language, key, params);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return text('required');
      return text('type', { expected: typeName(issue.expected, language) });
    case 'too_small':
      return text(({ string: 'tooShort', array: 'tooFew' } as const)[String(issue.origin)] ?? 'tooSmall', { least: Number(issue.minimum) });
    case 'too_big':
      return text(({ string: 'tooLong', array: 'tooMany' } as const)[String(issue.origin)] ?? 'tooBig', { most: Number(issue.maximum) });
    case 'invalid_value':
      return text('choice', { values: issue.values.map(String).join(', ') });
    case 'unrecognized_keys':
      return text('unknownFields', { count: issue.keys.length, names: issue.keys.join(', ') });
    case 'invalid_format':
      return formatText(issue, language);
    case 'custom':
      return text(isValidationKey(issue.message) ? issue.message : 'other');
    default:
      return text('other');
  }
}

function typeName(expected: string, language: Language): string {
  const key = `type.${expected}`;
  return isValidationKey(key) ? validationText(language, key) : validationText(language, 'type.other', { name: expected });
}

function formatText(issue: Extract<Issue, { code: 'invalid_format' }>, language: Language): string {
  const key = `format.${issue.format}`;
  if (isValidationKey(key)) return validationText(language, key);
  return validationText(language, 'format.other', { pattern: 'pattern' in issue ? issue.pattern ?? '' : issue.format });
}
