import { requireCode } from '../../domain/codes.js';
import { coverageTable } from '../../domain/coverage.js';
import { daysBetween, type Day, fromDay, toDay } from '../../domain/days.js';
import { atPromiseRate, committedOf, overdue, scheduleOf, sumOf } from '../../domain/mechanism-figures.js';
import { divideHalfUp, exponentOf, formatMinor } from '../../domain/money.js';
import { type Actor, visibilityOf } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { bothNames, type Reference } from '../../domain/reference.js';
import { addSums, keptRecord, mergeCells, noSums, NOT_SPECIFIED, SHARED, sortCells, type Sums } from '../../domain/report.js';
import { briefText, type BriefText } from '../../i18n/briefs.js';
import { coverageTexts } from '../../i18n/coverage.js';
import type { Language } from '../../i18n/language.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import { coverageFacts } from '../coverage/coverage-facts.js';
import { followedOf } from '../mechanism-figures/follow-up.js';
import { findPlannedAlone, findPledged, matching, type PromiseRow } from '../mechanism-figures/promises.store.js';
import { type Labels, labelsAt } from '../reports/labels.store.js';
import { groupedSums, leftOutCounts, type ReportQuestion } from '../reports/reports.store.js';
import type { View, ViewContext } from '../reports/view.js';
import { Prisma } from '../../platform/db.js';
import { type Names, type StateBrief, stateBriefQuestion, type StateBriefQuestion } from './briefs.schema.js';
import { promisedAmong, silentCommitments, stateLines } from './briefs.store.js';
import { needOf } from './need.js';
import { stateBriefDocument } from './state-brief.document.js';
import { stateBriefTable } from './state-brief.table.js';

/** A commitment is silent when nothing of it is paid for longer than this. */
const SILENT_DAYS = 180;
const MONTHS = 12;

/** One page for a minister: what was promised to the state, firmly committed, paid, what is missing, what changed and who is late. */
export const stateBrief = {
  kind: 'state_brief',
  question: stateBriefQuestion,
  roles: ['administrator', 'auditor', 'finance_officer', 'approver', 'minister'],
  prepare: (question, actor) => ({ ...question, state: stateFor(question, actor) }),
  forRecipient(question, actor) {
    const { state } = question;
    const own = ownStates(actor);
    if (state === undefined) return own.map((one) => ({ ...question, state: one }));
    return visibilityOf(actor).all || own.includes(state) ? [question] : [];
  },
  lines: ({ scope }, asked) =>
    Promise.resolve({ book: 'journal', currency: asked.currency, condition: stateLines(scope, { ...asked, state: named(asked) }) }),
  compute: computeBrief,
  table: stateBriefTable,
  document: stateBriefDocument,
} as const satisfies View<StateBriefQuestion, StateBrief>;

function ownStates(actor: Actor): readonly string[] {
  const scope = visibilityOf(actor);
  return scope.all ? [] : [...new Set(scope.states)];
}

/** @throws OUT_OF_SCOPE, and STATE_REQUIRED of who has not just one state */
function stateFor(question: StateBriefQuestion, actor: Actor): string {
  const own = ownStates(actor);
  const state = question.state ?? (own.length === 1 ? own[0] : undefined);
  if (state === undefined) throw new DomainError('STATE_REQUIRED', {}, 'state');
  if (!visibilityOf(actor).all && !own.includes(state)) throw new DomainError('OUT_OF_SCOPE', { states: own.join(', '), found: state }, 'state');
  return state;
}

function named({ state }: StateBriefQuestion): string {
  if (state === undefined) throw new DomainError('STATE_REQUIRED', {}, 'state');
  return state;
}

async function computeBrief(context: ViewContext, asked: StateBriefQuestion): Promise<StateBrief> {
  const { tx, reference, asOf, scope } = context;
  const { currency, from } = asked;
  const state = named(asked);
  requireCode(state, reference.countries, 'countries', 'state');
  const today = asOf.slice(0, 10);
  const year = asked.year ?? Number(asOf.slice(0, 4));
  const exponent = exponentOf(currency, reference.exponents);
  const write = (minor: bigint) => formatMinor(minor, exponent);
  const stages = ({ pledged, committed, disbursed }: Sums) => ({ pledged: write(pledged), committed: write(committed), paid: write(disbursed) });
  const labels = await labelsAt(tx, asOf);
  const donorName = (id: string) => nameOf(labels, id);

  const question: ReportQuestion = { groupBy: ['state', 'donor'], currency, asOf, scope, filters: { countries: [state], restricted: 'included', ...(from !== undefined && { from }) } };
  const cells = mergeCells(await groupedSums(tx, question), ([bucket = '', donor = '']) => [bucket, keptRecord(donor, labels.mergedInto)]);
  const inBucket = (bucket: string) => sortCells(cells.filter(({ key }) => key[0] === bucket));
  const total = totalOf(inBucket(state));
  const months = monthsUntil(today);
  const byMonth = await groupedSums(tx, { ...question, groupBy: ['state', 'month'], filters: { countries: [state], restricted: 'included', from: `${months[0]}-01` } });
  const ofMonth = (month: string) => totalOf(byMonth.filter(({ key }) => key[0] === state && key[1] === month));

  const lines = { condition: stateLines(scope, { state, currency, from }), currency, asOf };
  const promises = await promisesOf(context, { state, currency, from });
  const among = await promisedAmong(tx, lines);
  /** The state's part of an amount of a promise that is split between states. */
  const ownPart = ({ id, reportMinor }: PromiseRow, minor: bigint) => (reportMinor === 0n ? 0n : divideHalfUp(minor * (among.get(id) ?? 0n), reportMinor));
  const late = promises.flatMap((promise) => lateOf(promise, today)).map(({ promise, minor, dueOn }) => ({ promise, dueOn, minor: ownPart(promise, minor) }));
  const overdueHere = late.filter(({ minor }) => minor > 0n).sort((a, b) => compare(b.minor, a.minor) || compare(a.promise.reference, b.promise.reference));
  const silent = await silentCommitments(tx, lines, dayBefore(today, SILENT_DAYS));

  const facts = await coverageFacts({ tx, reference, asOf, restricted: scope.restricted, later: false }, { groupBy: 'sector', countries: [state], years: [year], currency });
  const plan = coverageTable('sector', facts.plans, facts.selection, facts.profiles);
  return {
    kind: 'state_brief',
    asOf,
    currency,
    state,
    name: bothNames(reference.countries.get(state), state),
    year,
    from: from ?? null,
    notes: { fr: notesOf('fr', context), en: notesOf('en', context) },
    total: stages(total),
    shared: stages(totalOf(inBucket(SHARED))),
    gaps: {
      notCommitted: write(sumOf(promises.filter(({ isPledge }) => isPledge).map((pledge) => ownPart(pledge, pledge.reportMinor - atPromiseRate(pledge, committedOf(pledge)))))),
      notPaid: write(total.committed - total.disbursed),
    },
    plan: needOf(plan.total, write),
    sectors: [...plan.rows].map(([code, cell]) => ({ code, name: sectorName(code, reference), ...needOf(cell, write) })),
    donors: inBucket(state).map(({ key, sums }) => ({ name: donorName(key[1] ?? ''), ...stages(sums) })),
    months: months.map((month) => ({ month, committed: write(ofMonth(month).committed), paid: write(ofMonth(month).disbursed) })),
    late: {
      total: write(sumOf(overdueHere.map(({ minor }) => minor))),
      promises: overdueHere.map(({ promise: { donorId, reference: number }, minor, dueOn }) => ({ donor: donorName(donorId), reference: number, overdue: write(minor), dueOn, daysLate: daysBetween(dueOn, today) })),
    },
    silent: {
      days: SILENT_DAYS,
      total: write(sumOf(silent.map(({ minor }) => minor))),
      commitments: silent.map(({ donorId, reference: number, minor, signedOn }) => ({ donor: donorName(donorId), reference: number, committed: write(minor), signedOn, days: daysBetween(signedOn, today) })),
    },
    leftOut: (await leftOutCounts(tx, question)).map(({ reason, lines: count }) => ({ reason, lines: count, text: { fr: leftOutText('fr', reason), en: leftOutText('en', reason) } })),
  };
}

function totalOf(cells: readonly { readonly sums: Sums }[]): Sums {
  return cells.reduce((sum, { sums }) => addSums(sum, sums), noSums);
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function nameOf({ organisations, mergedInto }: Labels, id: string): Names {
  const names = organisations.get(keptRecord(id, mergedInto));
  return bothNames(names, id);
}

function sectorName(code: string, { sectors }: Reference): Names {
  if (code === SHARED) return coverageTexts('row.shared.sector');
  if (code === NOT_SPECIFIED) return coverageTexts('row.notSpecified');
  const names = sectors.get(code);
  return bothNames(names, code);
}

/** The last twelve months, such as "2026-03", the current one last. */
function monthsUntil(today: Day): readonly string[] {
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))];
  return Array.from({ length: MONTHS }, (_, index) => toDay(new Date(Date.UTC(year, month - MONTHS + index, 1))).slice(0, 7));
}

function dayBefore(today: Day, days: number): Day {
  return toDay(new Date(fromDay(today).getTime() - days * 86_400_000));
}

/** The pledges that touch the state, and the commitments without a pledge that have a plan of payment. */
async function promisesOf({ tx, asOf, scope }: ViewContext, { state, currency, from }: Required<Pick<StateBriefQuestion, 'currency' | 'from'>> & { readonly state: string }): Promise<readonly PromiseRow[]> {
  const sight = { asOf, scope, currency };
  const condition = Prisma.sql`f.boundary = 'crossing' AND ${matching('f', { countries: [state], from })}`;
  const found = [...(await findPledged(tx, sight, condition)), ...(await findPlannedAlone(tx, sight, condition))];
  return found.filter(({ minor, hasRate }) => minor > 0n && hasRate);
}

/** What of a promise is overdue, in the reporting currency at the promise's rate, and since when. */
function lateOf(promise: PromiseRow, today: Day): readonly { readonly promise: PromiseRow; readonly minor: bigint; readonly dueOn: Day }[] {
  const minor = overdue(followedOf(promise, today).report.ageing);
  const first = scheduleOf(promise).find((part) => part.paidMinor < part.minor && part.dueOn < today);
  return first && minor > 0n ? [{ promise, minor, dueOn: first.dueOn }] : [];
}

function leftOutText(language: Language, reason: string): string {
  return reportText(language, `reason.${reason}` as ReportText);
}

function notesOf(language: Language, { scope }: ViewContext): readonly string[] {
  const keys: BriefText[] = ['note.stages', 'note.own', 'note.plan', 'note.late', ...(scope.all ? [] : (['note.scope'] as const)), scope.restricted ? 'note.restricted.included' : 'note.restricted.hidden'];
  return [...keys.map((key) => briefText(language, key)), reportText(language, 'note.rates')];
}
