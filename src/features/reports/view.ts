import type { z } from 'zod';
import type { Actor, Role, Visibility } from '../../domain/policy.js';
import type { Reference } from '../../domain/reference.js';
import type { Language } from '../../i18n/language.js';
import type { Tx } from '../../platform/db.js';
import type { ReportDocument } from './document.js';
import type { ChangeSummary, Provenance } from './entries.js';
import type { LineSource } from './lines.store.js';

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

/** What a report is written from besides its own figures. */
export interface Reading {
  readonly language: Language;
  readonly reference: Reference;
  /** What changed since the issue before; null for a report that has none. A document on one page shows it, others have it added. */
  readonly changes: ChangeSummary | null;
  readonly provenance: Provenance | null;
}

/** Figures that are computed live by an endpoint and, for a fixed moment, by a worker as a report: the same question, the same result. */
export interface View<Question extends object, Result extends object> {
  readonly kind: string;
  /** The question without its moment. */
  readonly question: z.ZodType<Question>;
  readonly compute: (context: ViewContext, question: Question) => Promise<Result>;
  readonly table: (result: Result, language: Language) => ViewTable;
  /** The report as people read it, on paper and in a spreadsheet; pure, so that the same result gives the same bytes. */
  readonly document: (result: Result, reading: Reading) => ReportDocument;
  /** Which entries its figures are the sum of; without it, the report has no entries of its own. */
  readonly lines?: (context: ViewContext, question: Question) => Promise<LineSource>;
  /** Who may ask; every role when left out. */
  readonly roles?: readonly Role[];
  /**
   * The question completed, for whoever asks: their own state, their own organisation.
   * @throws OUT_OF_SCOPE and the like when it is not theirs to ask
   */
  readonly prepare?: (question: Question, actor: Actor) => Question;
  /** The questions of one recipient of a schedule, such as one for each own state; the question itself when left out. */
  readonly forRecipient?: (question: Question, actor: Actor) => readonly Question[];
}

/** A view whose question and result are its own business. */
export type AnyView = View<object, object>;
