import type { Measure } from '../document.js';

/** Of titles and rules, as in the mails. */
export const accent = '#14532d';
/** Of text, of lesser text, and of lines that only guide the eye. */
export const ink = '#111827';
export const quiet = '#4b5563';
export const hairline = '#d1d5db';

/** What stands for what in every chart; each 3:1 or more to white, and told apart by lightness when printed in grey. */
export const palette: Readonly<Record<Measure, string>> = {
  pledged: '#5a93bf',
  committed: '#2466a3',
  paid: '#14532d',
  missing: '#b45309',
  neutral: '#4b5563',
};

/** WCAG 2 contrast of a colour "#rrggbb" to white, 1 to 21. */
export function contrastToWhite(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
