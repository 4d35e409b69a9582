const REDACTED = '[redacted]';
const TOO_DEEP = '[too deep]';
const DEEPEST = 64;

/** Names of what must not be read, in snake_case. */
const SECRET_NAME =
  /authorization|cookie|passw|secret|token|api_?key|data_?key|account_?number|recovery_?code|(?:^|_)(?:iban|jwt|t?otp)|(?:^|_)bic(?:_|$)|(?:smtp|database|redis)_?url/;
const URL_PASSWORD = /(:\/\/[^\s:/@]*):[^\s/]+@/g;
const BEARER = /\bBearer\s+[\w.~+/-]+=*/gi;
const JWT = /(?<![\w-])eyJ[\w-]*\.[\w-]+\.[\w-]*/g;
const QUERY_VALUE = /([?&#;]([\w.%[\]-]{1,60})=)[^&#;\s"]+/g;
const IBAN = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]){11,30}(?![A-Z0-9])/gi;
const SPACES = /[ \u00a0\u202f]/g;

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
export function redactText(text: string): string {
  return text
    .replace(URL_PASSWORD, `$1:${REDACTED}@`)
    .replace(BEARER, `Bearer ${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(QUERY_VALUE, (whole, start: string, name: string) => (isSecret(name) ? `${start}${REDACTED}` : whole))
    .replace(IBAN, withoutIban);
}

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z\d])([A-Z])/g, '$1_$2').replace(/\W/g, '_').toLowerCase());
}

/** What follows an IBAN in groups may belong to the sentence, so it may end at each space. */
function withoutIban(candidate: string): string {
  const ends = [candidate.length, ...[...candidate.matchAll(SPACES)].map(({ index }) => index).reverse()];
  const end = ends.find((index) => isIban(candidate.slice(0, index).replace(SPACES, '')));
  return end === undefined ? candidate : `${REDACTED}${candidate.slice(end)}`;
}

/** ISO 13616: the number, its first four characters moved to the end and its letters read as 10 to 35, leaves 1 when divided by 97. */
function isIban(text: string): boolean {
  if (text.length < 15) return false;
  const digits = [...text.slice(4), ...text.slice(0, 4)].map((character) => Number.parseInt(character, 36)).join('');
  return BigInt(digits) % 97n === 1n;
}
