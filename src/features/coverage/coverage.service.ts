import { z } from 'zod';
import { codesIn, placing } from '../../domain/coverage.js';
import { requireCodes } from '../../domain/codes.js';
import { visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { receiverOf, regionalPartOf } from '../../domain/regional.js';
import { SHARED } from '../../domain/report.js';
import { checkPeriod } from '../../domain/rules.js';
import type { RequestContext } from '../../http/endpoint.js';
import { readCursor, writeCursor } from '../../http/paging.js';
import { moneyOf, momentSchema } from '../../http/wire.js';
import { type CoverageText, coverageText } from '../../i18n/coverage.js';
import { liveContext } from '../reports/live-context.js';
import { pastMoment } from '../reports/reports.store.js';
import type { View } from '../reports/view.js';
import { coverageFacts, regionalFacts } from './coverage-facts.js';
import {
  type CoverageEntriesQuery,
  type CoverageQuestion,
  coverageQuestion,
  type CoverageResult,
  type MovementsAnswer,
  type RegionalEntriesQuery,
  regionalQuestion,
  type RegionalQuestion,
  type RegionalResult,
} from './coverage.schema.js';
import { countMovements, coverageLook, findMovements, type Look, type Lookup, type MovementRow, regionalLook } from './coverage.store.js';
import { planCoverage } from './coverage.view.js';
import { regionalView } from './regional.view.js';

type Asked<Question> = { readonly [K in keyof Question]?: Question[K] | undefined } & { readonly asOf?: string | undefined };

/** @throws AS_OF_IN_FUTURE, CODE_UNKNOWN, CODE_REPEATED */
export async function getCoverage(context: RequestContext, { asOf, ...asked }: Asked<CoverageQuestion>): Promise<CoverageResult> {
  return compute(context, planCoverage, coverageOf(context, asked), asOf);
}

/** @throws AS_OF_IN_FUTURE, PERIOD_REVERSED */
export async function getRegional(context: RequestContext, { asOf, ...asked }: Asked<RegionalQuestion>): Promise<RegionalResult> {
  return compute(context, regionalView, regionalOf(asked), asOf);
}

async function compute<Q extends object, R extends object>(context: RequestContext, view: View<Q, R>, question: Q, asOf: string | undefined): Promise<R> {
  return view.compute(await liveContext(context, asOf), question);
}

function coverageOf({ deps }: RequestContext, asked: object): CoverageQuestion {
  const question = coverageQuestion.parse(asked);
  requireCodes(question.countries ?? [], deps.reference.countries, 'countries', 'countries');
  return question;
}

function regionalOf(asked: object): RegionalQuestion {
  const question = regionalQuestion.parse(asked);
  checkPeriod(question.from ?? null, question.to ?? null);
  return question;
}

/** Which profiles are in a cell, by their key: null where they count, else the reason why not. */
type Keys = ReadonlyMap<string, string | null>;

const SHARED_ELSEWHERE = 'SHARED_ELSEWHERE';

/**
 * Opens a cell of the coverage: what counts in it and what does not, with the reason, among what the actor may see.
 * @throws AS_OF_IN_FUTURE, CODE_UNKNOWN, CODE_REPEATED, CURSOR_INVALID
 */
export async function openCoverage(context: RequestContext, query: CoverageEntriesQuery): Promise<MovementsAnswer> {
  const { asOf: given, part, code, show, limit, cursor, ...asked } = query;
  if ((part === 'row') !== (code !== undefined)) throw new DomainError('CODE_UNKNOWN', { code: code ?? '-', list: `part (${part})` }, 'code');
  const question = coverageOf(context, asked);
  const asOf = await pastMoment(context.db, given);
  const { db, deps, actor } = context;
  const facts = await coverageFacts({ tx: db, reference: deps.reference, asOf, restricted: visibilityOf(actor).restricted, later: true }, question);
  const { plans, selection, profiles, lookup } = facts;
  const place = placing(question.groupBy, plans, selection);
  const keys = new Map<string, string | null>();
  for (const profile of profiles) {
    const at = place(profile);
    if (!at) continue;
    const sharedCodes = code === undefined || code === SHARED ? [] : codesIn(question.groupBy, profile, plans);
    const isIn = at.part === part || (part === 'total' && at.part === 'row');
    if (isIn && (at.part !== 'row' || code === undefined || at.code === code)) keys.set(profile.key, profile.reason);
    else if (part === 'total' ? at.part === 'beyond' : part === 'row' && code !== undefined && sharedCodes.includes(code)) {
      keys.set(profile.key, profile.reason ?? SHARED_ELSEWHERE);
    }
  }
  return openCell(context, { look: coverageLook(lookup), lookup, keys, lines: profiles, show, limit, cursor });
}

/**
 * Opens a part of a group's regional view, or the receipts of a state, among what the actor may see.
 * @throws AS_OF_IN_FUTURE, PERIOD_REVERSED, CODE_UNKNOWN, CURSOR_INVALID
 */
export async function openRegional(context: RequestContext, query: RegionalEntriesQuery): Promise<MovementsAnswer> {
  const { asOf: given, group, part, state, show, limit, cursor, ...asked } = query;
  if ((part === 'receipts') !== (state !== undefined)) throw new DomainError('CODE_UNKNOWN', { code: state ?? '-', list: `part (${part})` }, 'state');
  const asOf = await pastMoment(context.db, given);
  const { db, deps, actor } = context;
  const facts = await regionalFacts({ tx: db, reference: deps.reference, asOf, restricted: visibilityOf(actor).restricted, later: true }, regionalOf(asked));
  const states = facts.groups[group];
  const keys = new Map<string, string | null>();
  for (const profile of facts.profiles) {
    const at = regionalPartOf(profile, states);
    const receiver = receiverOf(profile, states);
    const inTotal = part === 'total' && (at === 'outside' || at === 'own');
    if (at === part || inTotal || (part === 'receipts' && receiver === state)) keys.set(profile.key, profile.reason);
    else if (part === 'receipts' && receiver !== undefined && state !== undefined && profile.countries.includes(state)) keys.set(profile.key, profile.reason ?? SHARED_ELSEWHERE);
    else if (part === 'total' && at === 'beyond') keys.set(profile.key, profile.reason ?? SHARED_ELSEWHERE);
    else if (part === 'total' && at !== undefined) keys.set(profile.key, profile.reason ?? 'INTERNAL_TRANSFER');
  }
  return openCell(context, { look: regionalLook(facts.lookup), lookup: facts.lookup, keys, lines: facts.profiles, show, limit, cursor });
}

interface Cell {
  readonly look: Look;
  readonly lookup: Lookup;
  readonly keys: Keys;
  readonly lines: readonly { readonly key: string; readonly lines: number }[];
  readonly show: 'counted' | 'leftOut' | 'all';
  readonly limit: number;
  readonly cursor: string | undefined;
}

async function openCell({ db, deps, language }: RequestContext, { look, lookup, keys, lines, show, limit, cursor }: Cell): Promise<MovementsAnswer> {
  const shown = [...keys].filter(([, reason]) => show === 'all' || (reason === null) === (show === 'counted')).map(([key]) => key);
  const after = cursor === undefined ? undefined : readCursor(cursorShape, cursor);
  const rows = await findMovements(db, look, shown, after, limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const inCell = new Set(shown);
  const all = lines.reduce((sum, profile) => sum + (inCell.has(profile.key) ? profile.lines : 0), 0);
  return {
    asOf: lookup.asOf,
    items: items.map((row) => toItem(row, keys.get(row.key) ?? null)),
    nextCursor: last && rows.length > limit ? writeCursor([last.recorded_at, last.id, last.cell]) : null,
    hidden: all - (await countMovements(db, look, shown)),
  };

  function toItem(row: MovementRow, reason: string | null): MovementsAnswer['items'][number] {
    return {
      book: row.book,
      entryId: row.id,
      line: row.cell,
      stage: row.stage as MovementsAnswer['items'][number]['stage'],
      reference: row.reference,
      description: row.description,
      donorId: row.donor_id,
      fundId: row.fund_id,
      countries: row.countries,
      sectors: row.sectors,
      plans: row.plans,
      valueDate: row.value_date,
      recordedAt: row.recorded_at,
      amount: moneyOf(row.amount_minor, row.currency, deps.reference.exponents),
      converted: row.converted === null ? null : moneyOf(row.converted, lookup.currency, deps.reference.exponents),
      counted: reason === null,
      reason: reason as MovementsAnswer['items'][number]['reason'],
      reasonText: reason === null ? null : coverageText(language, `reason.${reason}` as CoverageText),
    };
  }
}

const cursorShape = z.tuple([momentSchema, z.uuid(), z.int()]);

