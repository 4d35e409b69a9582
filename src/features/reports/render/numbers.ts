import { divideHalfUp } from '../../../domain/money.js';
import type { Day } from '../../../domain/days.js';
import type { Language } from '../../../i18n/language.js';
import { renderText } from '../../../i18n/render.js';
import type { Cell } from '../document.js';

const NARROW = '\u202F';
const WIDE = '\u00A0';
const MINUS = '\u2212';

/** How a language writes numbers; `steps` are the short words for powers of thousand, from the thousands up. */
const writing: Readonly<Record<Language, { group: string; point: string; percent: string; before: string; steps: readonly string[] }>> = {
  fr: { group: NARROW, point: ',', percent: `${NARROW}%`, before: WIDE, steps: ['k', 'M', 'Md', 'kMd'] },
  en: { group: ',', point: '.', percent: '%', before: '', steps: ['k', 'M', 'bn', 'tn'] },
};

/** A decimal string such as "-1250000.50" with the separators of the language: « −1 250 000,50 ». */
export function numberText(language: Language, value: string): string {
  const { group, point } = writing[language];
  const { negative, whole, decimals } = partsOf(value);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return `${negative ? MINUS : ''}${grouped}${decimals === '' ? '' : point + decimals}`;
}

/** An amount with its currency, which never parts from it. */
export function amountText(language: Language, value: string, currency: string): string {
  return `${numberText(language, value)}${WIDE}${currency}`;
}

/** A share such as "0.7312" in percent with one decimal: « 73,1 % ». */
export function percentText(language: Language, share: string): string {
  return numberText(language, rounded(share, 2, 1)) + writing[language].percent;
}

/** A day in figures, DD/MM/YYYY, for tables. */
export function dayFigures(day: Day): string {
  return day.split('-').reverse().join('/');
}

/** A decimal string in at most three figures and a short word, for charts: « 1,2 M », “1.2M”. */
export function shortText(language: Language, value: string): string {
  const { before, steps } = writing[language];
  const { whole } = partsOf(value);
  for (let power = Math.min(Math.floor((whole.length - 1) / 3), steps.length); ; power++) {
    const figures = whole.length - 3 * power;
    const digits = figures >= 3 || (power === 0 && figures > 1) ? 0 : 1;
    const text = rounded(value, -3 * power, digits);
    // 999,950 is 1 M, not 1 000 k.
    if (partsOf(text).whole.length > 3 && power < steps.length) continue;
    const word = power === 0 ? '' : before + (steps[power - 1] ?? '');
    return numberText(language, text.replace(/\.0$/, '')) + word;
  }
}

/** A value of a table as it is read; an amount without its currency, which the column names. */
export function cellText(language: Language, cell: Cell): string {
  if (cell.kind === 'text') return cell.text;
  if (cell.value === null) return renderText(language, 'none');
  switch (cell.kind) {
    case 'amount':
      return numberText(language, cell.value);
    case 'percent':
      return percentText(language, cell.value);
    case 'count':
      return numberText(language, String(cell.value));
    case 'day':
      return dayFigures(cell.value);
  }
}

/** value × 10^shift to `digits` decimals, halves away from zero, without leaving whole numbers. */
function rounded(value: string, shift: number, digits: number): string {
  const { negative, whole, decimals } = partsOf(value);
  const power = shift + digits - decimals.length;
  const all = BigInt(whole + decimals);
  const units = power >= 0 ? all * 10n ** BigInt(power) : divideHalfUp(all, 10n ** BigInt(-power));
  const text = units.toString().padStart(digits + 1, '0');
  const result = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return negative && units !== 0n ? `-${result}` : result;
}

function partsOf(value: string): { negative: boolean; whole: string; decimals: string } {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (!match) throw new RangeError(`no decimal number: ${value}`);
  const [, sign, whole = '', decimals = ''] = match;
  return { negative: sign === '-', whole: whole.replace(/^0+(?=\d)/, ''), decimals };
}
