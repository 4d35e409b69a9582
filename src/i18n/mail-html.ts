import type { Language } from './language.js';

const FONT = 'font-family:Arial,Helvetica,sans-serif';
const BUTTON = 'display:inline-block;padding:12px 20px;border-radius:6px;background:#14532d;color:#ffffff;text-decoration:none;font-weight:bold';
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A figure that stands by itself, with what it contains. */
export interface MailFigure {
  readonly label: string;
  readonly value: string;
  readonly rule: string;
}

/** What a mail holds, as plain text. */
export interface MailContent {
  readonly subject: string;
  readonly before: readonly string[];
  readonly figures?: readonly MailFigure[];
  readonly link?: { readonly label: string; readonly url: string; readonly help: string };
  /** Further addresses, such as files to download. */
  readonly files?: readonly { readonly label: string; readonly url: string }[];
  readonly after: readonly string[];
  readonly footer: string;
}

/** The text, safe in HTML and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** A complete HTML page of one column, readable on a telephone, with inline styles and nothing to load. */
export function mailHtml(language: Language, { subject, before, figures = [], link, files = [], after, footer }: MailContent): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:16px;background:#f3f4f6;color:#111827;font-size:16px;line-height:1.5;${FONT}">
<div style="max-width:560px;margin:0 auto;padding:24px;border-radius:8px;background:#ffffff">
${paragraphs(before)}
${figures.map(figureHtml).join('\n')}
${link ? linkHtml(link) : ''}
${files.map(fileHtml).join('\n')}
${paragraphs(after)}
</div>
<p style="max-width:560px;margin:16px auto;color:#4b5563;font-size:13px">${escapeHtml(footer)}</p>
</body>
</html>
`.replace(/\n{2,}/g, '\n');
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`).join('\n');
}

function figureHtml({ label, value, rule }: MailFigure): string {
  return `<p style="margin:0 0 16px;padding:0 0 0 12px;border-left:4px solid #14532d">${escapeHtml(label)}<br>
<strong style="font-size:20px">${escapeHtml(value)}</strong><br>
<span style="color:#4b5563;font-size:13px">${escapeHtml(rule)}</span></p>`;
}

function fileHtml({ label, url }: { readonly label: string; readonly url: string }): string {
  return `<p style="margin:0 0 16px"><a href="${escapeHtml(url)}" style="color:#14532d">${escapeHtml(label)}</a></p>`;
}

function linkHtml({ label, url, help }: NonNullable<MailContent['link']>): string {
  const address = escapeHtml(url);
  return `<p style="margin:0 0 16px"><a href="${address}" style="${BUTTON}">${escapeHtml(label)}</a></p>
<p style="margin:0 0 16px;font-size:13px">${escapeHtml(help)} <a href="${address}" style="color:#14532d;word-break:break-all">${address}</a></p>`;
}
