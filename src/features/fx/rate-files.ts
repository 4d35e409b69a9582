import { isDay } from '../../domain/days.js';
import { clip, decodeText, type Fault, parseCsv, plainDecimal } from '../imports/source-text.js';

/** A rate of the European Central Bank: `rate` units of `quote` for 1 EUR, as published. */
export interface EcbRate {
  readonly quote: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly rate: string;
}

/** A published rate per US dollar: `rate` units of `quote` for 1 USD, as published. */
export interface LongRate extends EcbRate {
  readonly base: 'USD';
  readonly source: string;
  /** "A" yearly, "M" monthly, "D" daily. */
  readonly frequency: string;
}

/** A cell or row that holds no rate; row 0 means the file as a whole. */
export interface RateProblem extends Fault {
  /** 1-based data row. */
  readonly row: number;
  /** The column: a currency, or a heading. */
  readonly field: string;
}

export interface RateReading<T extends EcbRate> {
  readonly rates: readonly T[];
  readonly problems: readonly RateProblem[];
}

/**
 * Reads the ECB's history of reference rates (eurofxref-hist.csv): one row per day, one column per currency, base EUR,
 * "N/A" where none was published.
 */
export function readEcbHistory(content: Buffer): RateReading<EcbRate> {
  const table = readTable(content, ['Date']);
  if ('fault' in table) return { rates: [], problems: [problemAt(0, { field: '', ...table.fault })] };
  const currencies = table.header.map((name, column) => ({ name, column })).filter(({ name }) => name !== 'Date' && name !== '');
  const strange = currencies.find(({ name }) => !isCurrencyCode(name));
  if (strange) return { rates: [], problems: [problemAt(0, { field: '', code: 'CURRENCY_UNKNOWN', found: strange.name })] };

  const found: Placed<EcbRate>[] = [];
  const problems: RateProblem[] = [];
  table.rows.forEach((cells, index) => {
    const row = index + 1;
    const date = cells[table.header.indexOf('Date')] ?? '';
    const fault = lengthFault(cells, table.header) ?? dateFault(date);
    if (fault) {
      problems.push(problemAt(row, fault));
      return;
    }
    for (const { name, column } of currencies) {
      const cell = cells[column] ?? '';
      if (cell === 'N/A') continue;
      const read = readRate(cell);
      if ('fault' in read) problems.push(problemAt(row, { field: name, ...read.fault }));
      else found.push({ row, rate: { quote: name, date, rate: read.rate } });
    }
  });
  return settle(found, problems);
}

/**
 * Reads rates in long form (Date, Rate, Currency, Frequency, Source, …), as the IMF's are republished: units per USD. One
 * currency may stand there for several countries: equal rates count once, different ones are all refused.
 */
export function readLongRates(content: Buffer): RateReading<LongRate> {
  const table = readTable(content, ['Date', 'Rate', 'Currency', 'Frequency', 'Source']);
  if ('fault' in table) return { rates: [], problems: [problemAt(0, { field: '', ...table.fault })] };
  const column = (name: string) => table.header.indexOf(name);
  const at = { date: column('Date'), rate: column('Rate'), quote: column('Currency'), frequency: column('Frequency'), source: column('Source') };

  const found: Placed<LongRate>[] = [];
  const problems: RateProblem[] = [];
  table.rows.forEach((cells, index) => {
    const row = index + 1;
    const [date = '', quote = '', cell = ''] = [cells[at.date], cells[at.quote], cells[at.rate]];
    const read = readRate(cell);
    const fault = lengthFault(cells, table.header) ?? dateFault(date) ?? currencyFault(quote, cell) ?? ('fault' in read ? { field: 'Rate', ...read.fault } : null);
    if (fault) {
      problems.push(problemAt(row, fault));
      return;
    }
    // The dollar in dollars is 1 in every country that uses it, and no rate.
    if (quote === 'USD' || 'fault' in read) return;
    found.push({ row, rate: { base: 'USD', quote, date, rate: read.rate, source: cells[at.source] ?? '', frequency: cells[at.frequency] ?? '' } });
  });
  return settle(found, problems);
}

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type FieldFault = Omit<RateProblem, 'row'>;

/** A rate and the row it was read from. */
interface Placed<T extends EcbRate> {
  readonly row: number;
  readonly rate: T;
}

function readTable(content: Buffer, required: readonly string[]): Table | { readonly fault: Fault } {
  const decoded = decodeText(content);
  if ('fault' in decoded) return decoded;
  const parsed = parseCsv(decoded.text);
  if ('fault' in parsed) return parsed;
  const [header = [], ...rows] = parsed.records.map((record) => record.map((cell) => cell.trim()));
  const missing = required.filter((name) => !header.includes(name));
  if (missing.length === 0) return { header, rows };
  return { fault: { code: 'MISSING_COLUMNS', found: header.join(', '), params: { columns: missing.join(', ') } } };
}

function problemAt(row: number, fault: FieldFault): RateProblem {
  return { row, ...fault, found: clip(fault.found) };
}

function lengthFault(cells: readonly string[], header: readonly string[]): FieldFault | null {
  if (cells.length === header.length) return null;
  return { field: '', code: 'COLUMN_COUNT', found: String(cells.length), params: { expected: String(header.length) } };
}

function dateFault(date: string): FieldFault | null {
  return isDay(date) ? null : { field: 'Date', code: 'DATE_FORMAT', found: date };
}

function currencyFault(quote: string, rate: string): FieldFault | null {
  if (quote === '') return { field: 'Currency', code: 'CURRENCY_MISSING', found: '' };
  if (!isCurrencyCode(quote)) return { field: 'Currency', code: 'CURRENCY_UNKNOWN', found: quote };
  if (quote === 'USD' && !/^1(\.0+)?$/.test(rate)) return { field: 'Rate', code: 'RATE_OF_BASE', found: rate };
  return null;
}

function isCurrencyCode(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

function readRate(cell: string): { readonly rate: string } | { readonly fault: Fault } {
  const rate = plainDecimal(cell);
  if (rate === null) return { fault: { code: 'RATE_FORMAT', found: cell } };
  if (rate.startsWith('-') || !/[1-9]/.test(rate)) return { fault: { code: 'RATE_NOT_POSITIVE', found: cell } };
  return { rate };
}

/** Each currency and date once. Where rates contradict each other none is taken: which one holds cannot be told. */
function settle<T extends EcbRate>(found: readonly Placed<T>[], problems: RateProblem[]): RateReading<T> {
  const firsts = new Map<string, Placed<T>>();
  const contradicted = new Set<string>();
  const key = ({ rate }: Placed<T>): string => rate.quote + rate.date;
  for (const placed of found) {
    const first = firsts.get(key(placed));
    if (!first) firsts.set(key(placed), placed);
    else if (first.rate.rate !== placed.rate.rate) contradicted.add(key(placed));
  }
  for (const { row, rate } of found.filter((placed) => contradicted.has(key(placed)))) {
    problems.push({ row, field: rate.quote, code: 'RATE_CONFLICT', found: rate.rate, params: { date: rate.date } });
  }
  const rates = [...firsts].filter(([name]) => !contradicted.has(name)).map(([, { rate }]) => rate);
  return { rates, problems: problems.sort((a, b) => a.row - b.row) };
}
