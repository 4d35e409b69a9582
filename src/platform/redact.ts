const REDACTED = '[redacted]';
const TOO_DEEP = '[too deep]';
const DEEPEST = 64;
const SHORTEST_IBAN = 15;

/** Names of what must not be read, in snake_case. */
const SECRET_NAME =
  /authorization|cookie|passw|secret|token|api_?key|data_?key|account_?number|recovery_?code|(?:^|_)(?:iban|jwt|t?otp)|(?:^|_)bic(?:_|$)|(?:smtp|database|redis)_?url/;
const URL_PASSWORD = /(:\/\/[^\s:/@]*):[^\s/]+@/g;
const BEARER = /\bBearer\s+[\w.~+/-]+=*/gi;
const JWT = /(?<![\w-])eyJ[\w-]*\.[\w-]+\.[\w-]*/g;
const QUERY_VALUE = /([?&#;]([\w.%[\]-]{1,60})=)[^&#;\s"]+/g;
/** Looks ahead only: what reads like the start of one number may hold the start of another. */
const MAY_BE_IBAN = /(?<![A-Z0-9])(?=([A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]){11,30})(?![A-Z0-9]))/gi;
/** Whoever has such a link can open the file. */
const SHARED_LINK = /(\/v1\/shared\/)[\w.-]+/g;
const SPACE = /[ \u00a0\u202f]/;

/** A copy of plain JSON data without secrets at any depth, by the names of what holds them and by how they look in a text. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === DEEPEST) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((inner) => redact(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, inner !== null && isSecret(name) ? REDACTED : redact(inner, depth + 1)]),
  );
}

/** A text without passwords of addresses, tokens, and account numbers (IBAN). */
function redactText(text: string): string {
  const cleaned = text
    .replace(URL_PASSWORD, `$1:${REDACTED}@`)
    .replace(BEARER, `Bearer ${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(SHARED_LINK, `$1${REDACTED}`)
    .replace(QUERY_VALUE, (whole, start: string, name: string) => (isSecret(name) ? `${start}${REDACTED}` : whole));
  return withoutIbans(cleaned);
}

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z\d])([A-Z])/g, '$1_$2').replace(/\W/g, '_').toLowerCase());
}

function withoutIbans(text: string): string {
  let cleaned = '';
  let from = 0;
  for (const { index, 1: candidate = '' } of text.matchAll(MAY_BE_IBAN)) {
    const length = index < from ? 0 : ibanLength(candidate);
    if (length === 0) continue;
    cleaned += text.slice(from, index) + REDACTED;
    from = index + length;
  }
  return cleaned + text.slice(from);
}

/**
 * The length of the IBAN that a text starts with, its spaces counted, or 0. It may end at each space: groups after it may belong to the
 * sentence. By ISO 13616 the number, its first four characters moved to the end, leaves 1 when divided by 97.
 */
function ibanLength(candidate: string): number {
  const start = candidate.slice(0, 4);
  let length = 0;
  let characters = start.length;
  let rest = 0;
  for (let index = characters; index <= candidate.length; index += 1) {
    const character = candidate[index] ?? ' ';
    if (!SPACE.test(character)) {
      characters += 1;
      rest = divided(character, rest);
    } else if (characters >= SHORTEST_IBAN && divided(start, rest) === 1) {
      length = index;
    }
  }
  return length;
}

/** What is left over 97 of a number, its letters read as 10 to 35, when `rest` was left of the digits before it. */
function divided(text: string, rest: number): number {
  let left = rest;
  for (const character of text) {
    const value = Number.parseInt(character, 36);
    left = (left * (value > 9 ? 100 : 10) + value) % 97;
  }
  return left;
}
