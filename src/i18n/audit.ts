import { auditEn } from './audit.en.js';
import { auditFr } from './audit.fr.js';
import type { Language } from './language.js';

const catalogues: Readonly<Record<Language, Readonly<Record<string, string>>>> = { fr: auditFr, en: auditEn };

/** A word or sentence of the audit trail by its group and name; a name that has none stands for itself. */
export function auditText(language: Language, group: 'action' | 'field' | 'role' | 'status' | 'value', name: string): string {
  return catalogues[language][`${group}.${name}`] ?? name;
}

/** What stands between a field and its value, and after a share. */
export function auditMarks(language: Language): { readonly colon: string; readonly percent: string } {
  const { colon, percent } = { fr: auditFr, en: auditEn }[language];
  return { colon, percent };
}
