import type { DocumentType } from './document-type.js';

const LONGEST_NAME = 150;
const REST = 'document';

/**
 * A name that every system can keep, of at most 150 UTF-16 units: no path, no control characters, letters and digits of all
 * scripts and `space - _ . ( )`; everything else becomes a hyphen. The extension is that of the type, whatever it was.
 */
export function safeFileName(name: string, { extension }: DocumentType): string {
  const base = name
    .normalize('NFC')
    .replace(/^.*[/\\]/s, '')
    .replace(/\p{C}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/[^\p{L}\p{M}\p{N} \-_.()]+/gu, '-')
    .replace(/\.[a-z][a-z0-9]{0,4}$/i, '')
    .replace(/^[ .-]+|[ .-]+$/g, '');
  return `${cut(base === '' ? REST : base, LONGEST_NAME - extension.length - 1)}.${extension}`;
}

/** The first `most` units, without half a character at the end. */
function cut(text: string, most: number): string {
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '').trimEnd();
}

/**
 * The Content-Disposition that has a browser save the answer under this name: in full by RFC 8187, and once more without accents
 * for clients that do not know it (RFC 6266, appendix D).
 */
export function contentDisposition(name: string): string {
  const whole = name.replace(/\p{Cs}/gu, '\uFFFD');
  const plain = whole.normalize('NFD').replace(/\p{M}/gu, '').replace(/[^ !#$&-[\]-~]/g, '_');
  if (plain === whole) return `attachment; filename="${plain}"`;
  const encoded = encodeURIComponent(whole).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
