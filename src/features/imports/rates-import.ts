import type { Deps } from '../../deps.js';
import { latestLocalDay } from '../../domain/days.js';
import type { Rate } from '../../domain/fx.js';
import { type RateReading, readEcbHistory, readLongRates } from '../fx/rate-files.js';
import { importRates } from '../fx/fx.store.js';
import { type ImportRowDraft, problemRow } from './import-rows.js';
import type { ImportSource } from './imports.schema.js';
import type { PreparedImport } from './prepared-import.js';
import type { SourceFile } from './source-text.js';

/** What the column of a rate holds: at most 15 digits on each side of the point. */
const STORABLE = /^\d{1,15}(\.\d{1,15})?$/;

/** The files of rates that are known, and how each is read. */
const readers: Readonly<Record<RateSource, (content: Buffer) => RateReading<Rate>>> = {
  ecb: (content) => withRates(readEcbHistory(content), (rate) => ({ source: 'ECB', base: 'EUR', ...rate })),
  imf: (content) => withRates(readLongRates(content), ({ source, base, quote, date, rate }) => ({ source: source || 'IMF', base, quote, date, rate })),
};
type RateSource = Extract<ImportSource, 'ecb' | 'imf'>;

function withRates<T>({ rates, problems }: { rates: readonly T[]; problems: RateReading<Rate>['problems'] }, toRate: (rate: T) => Rate): RateReading<Rate> {
  return { rates: rates.map(toRate), problems };
}

/** Reads published rates. Those of a currency that the list lacks are passed over, with a note. */
export function prepareRates({ clock, reference }: Deps, source: RateSource, files: readonly SourceFile[]): PreparedImport {
  const today = latestLocalDay(clock.now());
  const readings = files.map(({ name, content }) => ({ name, ...readers[source](content) }));
  const found = readings.flatMap(({ name, rates }) => rates.map((rate) => ({ file: name, rate })));
  const listed = found.filter(({ rate }) => reference.exponents.has(rate.quote));
  const unlisted = new Set(found.filter(({ rate }) => !reference.exponents.has(rate.quote)).map(({ rate }) => rate.quote));
  const checked = listed.map(({ file, rate }) => ({ rate, fault: faultOf(file, rate, today) }));
  const refused = checked.flatMap(({ fault }) => fault ?? []);
  const rates = checked.filter(({ fault }) => fault === null).map(({ rate }) => rate);
  const problems = [...readings.flatMap(({ name, problems: some }) => some.map((problem) => problemRow({ file: name, ...problem }))), ...refused];
  return {
    problems,
    refusal: null,
    apply: async (tx, { recordedBy }) => {
      const { inserted, unchanged, conflicts } = await importRates(tx, rates, recordedBy);
      const contradicting = conflicts.map((rate) => rateRow(null, rate, 'RATE_CONFLICT', { existing: rate.existing }));
      const rows = [...problems, ...contradicting, ...[...unlisted].map(unlistedRow)];
      const counts = {
        read: found.length + problems.length - refused.length,
        created: inserted,
        updated: 0,
        unchanged,
        older: 0,
        closed: 0,
        leftOut: found.length - listed.length,
        problems: problems.length + contradicting.length,
        duplicates: 0,
        warnings: {},
      };
      return { rows, summary: { counts, totals: null } };
    },
  };
}

function faultOf(file: string, rate: Rate, today: string): ImportRowDraft | null {
  if (rate.date > today) return rateRow(file, rate, 'RATE_IN_FUTURE');
  return STORABLE.test(rate.rate) ? null : rateRow(file, rate, 'RATE_FORMAT');
}

type RateFault = 'RATE_CONFLICT' | 'RATE_IN_FUTURE' | 'RATE_FORMAT';

function rateRow(file: string | null, { quote, date, rate }: Rate, code: RateFault, more: Readonly<Record<string, string>> = {}): ImportRowDraft {
  return problemRow({ ...(file !== null && { file }), row: 0, field: quote, code, found: rate, params: { date, ...more } });
}

function unlistedRow(currency: string): ImportRowDraft {
  return { action: 'left_out', file: null, row: null, externalId: null, code: 'CURRENCY_NOT_LISTED', detail: { field: currency } };
}
