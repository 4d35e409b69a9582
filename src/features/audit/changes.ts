import { auditMarks, auditText } from '../../i18n/audit.js';
import type { Language } from '../../i18n/language.js';

/** A field in words, as it was and as it is; null where it was empty. */
export interface ReadableChange {
  readonly field: string;
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** What an event says elsewhere: who, when and why. */
const saidElsewhere: ReadonlySet<string> = new Set([
  'preparedBy', 'submittedBy', 'submittedAt', 'decidedBy', 'decidedAt', 'receivedBy', 'reason', 'decisionReason', 'rejectionReason',
]); // prettier-ignore

/** What an event's before and after say, field by field; `names` gives the records that an id means. */
export function readableChanges(detail: object, language: Language, names: ReadonlyMap<string, string>): readonly ReadableChange[] {
  const { before, after } = detail as { readonly before?: unknown; readonly after?: unknown };
  const was = fieldsOf(before);
  const is = fieldsOf(after);
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((field) => !saidElsewhere.has(field))
    .map((field) => ({
      field,
      label: auditText(language, 'field', field),
      before: inWords(field, was[field], language, names),
      // A field that only stands before was left as it is.
      after: inWords(field, field in is ? is[field] : was[field], language, names),
    }))
    .filter((change) => change.before !== change.after);
}

/** A bare text is a status. */
function fieldsOf(side: unknown): Fields {
  if (typeof side === 'string') return { status: side };
  return side !== null && typeof side === 'object' ? (side as Fields) : {};
}

function inWords(field: string, value: unknown, language: Language, names: ReadonlyMap<string, string>): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return auditText(language, 'value', String(value));
  if (Array.isArray(value)) return listed(value.map((one) => inWords(field, one, language, names)), ', ');
  if (typeof value === 'object') return objectInWords(value as Fields, language, names);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (field === 'status') return auditText(language, 'status', text);
  if (field === 'roles') return auditText(language, 'role', text);
  return names.get(text) ?? text;
}

function objectInWords(value: Fields, language: Language, names: ReadonlyMap<string, string>): string | null {
  const { colon, percent } = auditMarks(language);
  const { amount, currency, code, share } = value;
  if (typeof amount === 'string' && typeof currency === 'string') return `${amount} ${currency}`;
  if (typeof code === 'string') return typeof share === 'string' ? `${code} ${share}${percent}` : code;
  const parts = Object.entries(value).map(([field, inner]) => {
    const words = inWords(field, inner, language, names);
    return words && `${auditText(language, 'field', field)}${colon}${words}`;
  });
  return listed(parts, '; ');
}

function listed(parts: readonly (string | null)[], separator: string): string | null {
  const said = parts.filter((part) => part !== null);
  return said.length === 0 ? null : said.join(separator);
}
