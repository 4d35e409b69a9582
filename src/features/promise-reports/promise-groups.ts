import { grouped } from '../../domain/mechanism-figures.js';
import { bothNames, type Named } from '../../domain/reference.js';
import { NOT_SPECIFIED, SHARED } from '../../domain/report.js';
import { cellsOf } from '../../domain/splits.js';
import type { Language } from '../../i18n/language.js';
import { promiseReportText, type PromiseReportText } from '../../i18n/promise-reports.js';
import { reportText } from '../../i18n/report.js';
import type { PromiseRow } from '../mechanism-figures/promises.store.js';
import { familyOf, type Labels } from '../reports/labels.store.js';
import type { Names } from './promise-reports.schema.js';

/** A state of a promise with its weight in the split; without a split, one part: the state, or the bucket of several or none. */
export interface StatePart {
  readonly state: string;
  readonly weight: bigint;
}

/** To which states a promise goes (DESIGN, rule 4): shared money without a split is one part of its own. */
export function stateParts({ splits: { country = [] } }: PromiseRow): readonly StatePart[] {
  return cellsOf({ country }).map(({ weight, codes: { country: codes } }) => ({ state: codes.length > 1 ? SHARED : (codes[0] ?? NOT_SPECIFIED), weight }));
}

/** Parts by their keys: those with the largest sum first, equal ones in the order of their keys. */
export function largestFirst<Part extends { readonly key: string }>(parts: readonly Part[], sumOf: (parts: readonly Part[]) => bigint): (readonly [string, readonly Part[]])[] {
  const groups = [...grouped(parts, ({ key }) => key)].map(([key, own]) => ({ key, own, sum: sumOf(own) }));
  groups.sort((a, b) => (a.sum === b.sum ? (a.key < b.key ? -1 : 1) : a.sum > b.sum ? -1 : 1));
  return groups.map(({ key, own }) => [key, own] as const);
}

/** Names of the codes that a result uses, in both languages; what has no name is called by its code, and what is not specified as `none` says. */
export function namesOf(codes: readonly (string | null)[], known: ReadonlyMap<string, Named>, none?: 'none.fund' | 'none.event'): Names {
  const both = (text: (language: Language) => string) => ({ fr: text('fr'), en: text('en') });
  const nameOf = (code: string) => {
    if (code === SHARED) return both((language) => reportText(language, 'bucket.shared'));
    if (code === NOT_SPECIFIED) return both((language) => (none ? promiseReportText(language, none) : reportText(language, 'bucket.unspecified')));
    return bothNames(known.get(code), code);
  };
  return Object.fromEntries([...new Set(codes.flatMap((code) => code ?? []))].sort().map((code) => [code, nameOf(code)]));
}

/** A note of these reports with what fills it. */
export type OwnNote = PromiseReportText | readonly [PromiseReportText, Readonly<Record<string, string>>];

/** A note on how many are left out; none for none. */
export function countNote(key: PromiseReportText, count: number): readonly OwnNote[] {
  return count === 0 ? [] : [[key, { count: String(count) }]];
}

/** Notes of these reports, then those of all that tell of promises, in both languages. */
export function withOwn(own: readonly OwnNote[], notes: Readonly<Record<Language, readonly string[]>>): Record<Language, readonly string[]> {
  const inWords = (language: Language) => [...own.map((note) => (typeof note === 'string' ? promiseReportText(language, note) : promiseReportText(language, ...note))), ...notes[language]];
  return { fr: inWords('fr'), en: inWords('en') };
}

/** A filter with every duplicate of the donors asked for. */
export function withFamilies<Filter extends { readonly donorIds?: readonly string[] | undefined }>(filter: Filter, { mergedInto }: Labels): Filter {
  return { ...filter, donorIds: filter.donorIds?.flatMap((id) => familyOf(id, mergedInto)) };
}
