import { createHash } from 'node:crypto';
import type { Language } from '../../i18n/language.js';
import type { ViewTable } from './view.js';

/** A result as JSON, byte for byte the same for the same result. */
export function jsonArtefact(result: object): Buffer {
  return Buffer.from(`${JSON.stringify(result, null, 1)}\n`);
}

/** The SHA-256 of an artefact, in hexadecimal. */
export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What a spreadsheet of that language expects. */
const csvForms: Readonly<Record<Language, { readonly separator: string; readonly point: string }>> = {
  fr: { separator: ';', point: ',' },
  en: { separator: ',', point: '.' },
};

/** A table as CSV: in French semicolons and decimal commas, in English commas and points. */
export function csvArtefact({ header, rows }: ViewTable, language: Language): Buffer {
  const { separator, point } = csvForms[language];
  const cellOf = (text: string) => (/^-?\d+\.\d+$/.test(text) ? text.replace('.', point) : csvText(text, separator));
  const lines = [header.map((text) => csvText(text, separator)), ...rows.map((cells) => cells.map(cellOf))].map((cells) => cells.join(separator));
  return Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`);
}

/** Quoted where needed; a text that a spreadsheet would run as a formula is defused. */
function csvText(text: string, separator: string): string {
  const safe = /^[=+@\t\r]|^-(?!$|\d+$)/.test(text) ? `'${text}` : text;
  return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A rate such as "0.7312" in per cent, "73.12"; empty for none. */
export function percentOf(rate: string | null): string {
  if (rate === null) return '';
  const sign = rate.startsWith('-') ? '-' : '';
  const digits = rate.replace(/[-.]/g, '').replace(/^0+(?=\d{3})/, '');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
