import type { z } from 'zod';
import type { Visibility } from '../../domain/policy.js';
import type { Reference } from '../../domain/reference.js';
import type { Language } from '../../i18n/language.js';
import type { Tx } from '../../platform/db.js';

/** For whom and as of when figures are computed. */
export interface ViewContext {
  /** In the asker's scope; what is open to everybody in total is read with `asSystem`. */
  readonly tx: Tx;
  readonly reference: Reference;
  /** ISO 8601 with microseconds: what was recorded until then counts. */
  readonly asOf: string;
  readonly scope: Visibility;
}

/** A table of a result in one language; amounts are decimal strings with a point. */
export interface ViewTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Figures that are computed live by an endpoint and, for a fixed moment, by a worker as a report: the same question, the same result. */
export interface View<Question extends object, Result extends object> {
  readonly kind: string;
  /** The question without its moment. */
  readonly question: z.ZodType<Question>;
  readonly compute: (context: ViewContext, question: Question) => Promise<Result>;
  readonly table: (result: Result, language: Language) => ViewTable;
}
