import { bothNames, type Named, type Reference } from '../../domain/reference.js';
import { NOT_SPECIFIED, SHARED } from '../../domain/report.js';
import { fundFigureText, type FundFigureText } from '../../i18n/fund-figures.js';
import type { Labels } from '../reports/labels.store.js';
import type { FigureLabels } from './fund-figures.schema.js';

/** The codes of a result by list; each is named once. */
export type UsedCodes = Readonly<Record<keyof FigureLabels, readonly string[]>>;

/** Codes of donors that are no organisation. */
const donorTexts: Readonly<Record<string, FundFigureText>> = {
  others: 'code.others',
  restricted: 'code.restricted',
  '-': 'code.unidentified',
  '?': 'code.unexplained',
};
const bucketTexts: Readonly<Record<string, FundFigureText>> = { [SHARED]: 'code.shared', [NOT_SPECIFIED]: 'code.unspecified' };

/** Names of the codes that a result uses, in both languages. */
export function labelsOf(used: UsedCodes, labels: Labels, reference: Reference): FigureLabels {
  const list = (codes: readonly string[], known: ReadonlyMap<string, Named>, texts: Readonly<Record<string, FundFigureText>>) =>
    Object.fromEntries([...new Set(codes)].sort().map((code) => [code, nameOf(code, known, texts)]));
  return {
    donors: list(used.donors, labels.organisations, donorTexts),
    partners: list(used.partners, labels.organisations, bucketTexts),
    states: list(used.states, reference.countries, bucketTexts),
    plans: list(used.plans, labels.plans, bucketTexts),
    funds: list(used.funds, labels.funds, {}),
  };
}

function nameOf(code: string, known: ReadonlyMap<string, Named>, texts: Readonly<Record<string, FundFigureText>>): { readonly fr: string; readonly en: string } {
  const text = texts[code];
  if (text) return { fr: fundFigureText('fr', text), en: fundFigureText('en', text) };
  const names = known.get(code);
  return bothNames(names, code);
}
