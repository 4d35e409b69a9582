import { z } from 'zod';
import { agedParts } from '../../domain/ageing.js';
import { overdue, sumOf } from '../../domain/mechanism-figures.js';
import { exponentOf, formatMinor } from '../../domain/money.js';
import type { Actor, Role, Visibility } from '../../domain/policy.js';
import { DomainError } from '../../domain/problem.js';
import { addSums, type Cell, keptRecord, noSums, type Sums } from '../../domain/report.js';
import { InvalidInput } from '../../http/problem.js';
import { idSchema } from '../../http/wire.js';
import { fundFigureText } from '../../i18n/fund-figures.js';
import type { Language } from '../../i18n/language.js';
import { mechanismFigureText } from '../../i18n/mechanism-figures.js';
import { promiseReportText as text, type PromiseReportText } from '../../i18n/promise-reports.js';
import { reportText, type ReportText } from '../../i18n/report.js';
import { attribution } from '../fund-figures/attribution.view.js';
import { type Followed, followedOf, followUpRowOf, withKept } from '../mechanism-figures/follow-up.js';
import { findCommitments, findPledged, matching, type PromiseRow } from '../mechanism-figures/promises.store.js';
import { namesOf, withOwn } from '../promise-reports/promise-groups.js';
import { familyOf, labelsAt } from '../reports/labels.store.js';
import { groupedSums, leftOutCounts, type ReportQuestion } from '../reports/reports.store.js';
import type { View, ViewTable } from '../reports/view.js';
import { donorStatementDocument } from './donor-statement.document.js';
import { type DonorStatement, donorStatementQuestion, type DonorStatementQuestion, type DueInstalment, type StatementPromise } from './donor-statement.schema.js';
import { type PromiseSums, statementLines, sumsByPromise } from './donor-statement.store.js';

type Write = (minor: bigint) => string;

/** What one donor promised, committed and paid, what is due, and where its money went. */
export const donorStatement = {
  kind: 'donor_statement',
  question: donorStatementQuestion,
  async compute(context, question): Promise<DonorStatement> {
    const { tx, reference, asOf, scope } = context;
    const { currency, from, to } = question;
    const labels = await labelsAt(tx, asOf);
    const donorId = keptRecord(question.donorId ?? '', labels.mergedInto);
    const donor = labels.organisations.get(donorId);
    if (!donor) throw new DomainError('NOT_FOUND', { what: 'organisation' }, 'donorId');
    const family = { donorIds: familyOf(donorId, labels.mergedInto) };
    const filter = { ...family, from, to };
    const sight = { asOf, scope, currency };
    const writer = (code: string) => (minor: bigint) => formatMinor(minor, exponentOf(code, reference.exponents));
    const write = writer(currency);

    const pledges = (await findPledged(tx, sight, matching('f', family))).filter(({ internal }) => !internal);
    const pledgeIds = pledges.map(({ id }) => id);
    const fulfilling = new Set(pledges.flatMap(({ commitments }) => commitments.map(({ id }) => id)));
    const alone = (await findCommitments(tx, sight, matching('f', family))).filter(({ id, internal }) => !internal && !fulfilling.has(id));
    const followed = [...pledges, ...alone].map((promise) => followedOf(withKept(promise, labels.mergedInto), asOf.slice(0, 10)));
    const sums = new Map((await sumsByPromise(tx, sight, filter, pledgeIds)).map((row) => [row.id, row]));
    const inPeriod = ({ pledge: { on, hasRate } }: Followed) => !hasRate && (from === undefined || on >= from) && (to === undefined || on <= to);
    const listed = followed.filter((one) => sums.has(one.pledge.id) || inPeriod(one)).sort(earliestFirst);
    const open = followed.filter(({ own }) => own.pledged > own.paid);

    const asked: ReportQuestion = { groupBy: ['year'], currency, asOf, scope, filters: { restricted: 'included', ...family, ...(from !== undefined && { from }), ...(to !== undefined && { to }) } };
    const years = await groupedSums(tx, asked);
    const destinations = await groupedSums(tx, { ...asked, groupBy: ['fund', 'state'] });
    const stages = stagesIn(write);
    const { rows, totals, labels: attributed } = await attribution.compute(context, { currency, from, to, donorIds: [donorId] });
    const money = rows[0] ?? null;
    return {
      kind: 'donor_statement',
      asOf,
      currency,
      from: from ?? null,
      to: to ?? null,
      donor: { id: donorId, fr: donor.nameFr, en: donor.nameEn },
      notes: withOwn(notesOf(donorId, scope), bothLanguages((language) => [fundFigureText(language, 'note.money.total'), fundFigureText(language, 'note.money.rates'), fundFigureText(language, 'rule')])),
      total: {
        ...stages(years.reduce((sum, cell) => addSums(sum, cell.sums), noSums)),
        late: write(sumOf(open.map(({ report }) => overdue(report.ageing)))),
        still: money?.totals.still ?? write(0n),
      },
      byYear: inOrder(years).map(({ key: [year = ''], sums: of }) => ({ year, ...stages(of) })),
      byDestination: inOrder(destinations).map(({ key: [fund = '', state = ''], sums: of }) => ({ fund, state, ...stages(of) })),
      promises: listed.map((one) => statementPromise(one, sums.get(one.pledge.id), write, writer(one.pledge.currency))),
      due: open.flatMap((one) => dueOf(one, asOf.slice(0, 10), write, writer(one.pledge.currency))).sort((a, b) => compare(a.dueOn, b.dueOn) || compare(a.reference, b.reference)),
      money,
      attributed: { byKind: totals.byKind, byState: totals.byState, byPartner: totals.byPartner },
      labels: {
        ...attributed,
        states: { ...attributed.states, ...namesOf([...destinations.map(({ key }) => key[1] ?? ''), ...listed.flatMap(({ pledge }) => pledge.countries)], reference.countries) },
        funds: { ...attributed.funds, ...namesOf([...destinations.map(({ key }) => key[0] ?? ''), ...followed.map(({ pledge }) => pledge.fundId)], labels.funds, 'none.fund') },
        organisations: namesOf(followed.map(({ pledge }) => pledge.recipientId), labels.organisations),
        mechanisms: namesOf(listed.map(({ pledge }) => pledge.mechanism), reference.mechanisms),
      },
      leftOut: (await leftOutCounts(tx, asked)).map((row) => ({ ...row, text: bothLanguages((language) => reportText(language, `reason.${row.reason}` as ReportText)) })),
    };
  },
  table: tableOf,
  document: donorStatementDocument,
  async lines({ tx, asOf, scope }, { donorId, currency, from, to }) {
    const { mergedInto } = await labelsAt(tx, asOf);
    return { book: 'journal', currency, condition: statementLines({ scope, currency }, { donorIds: donorId === undefined ? [] : familyOf(donorId, mergedInto), from, to }) };
  },
  roles: ['donor', 'administrator', 'auditor', 'finance_officer'],
  prepare(question, actor) {
    const [own] = actor.organisationIds;
    const donorId = question.donorId ?? (isDonor(actor) ? own : undefined);
    const complete = z.object({ donorId: idSchema }).safeParse({ donorId });
    if (!complete.success) throw new InvalidInput('body', complete.error);
    if (!mayAsk(actor, complete.data.donorId)) throw new DomainError('NOT_FOUND', { what: 'organisation' }, 'donorId');
    return { ...question, ...complete.data };
  },
  forRecipient(question, actor) {
    // Duplicates merged into the own organisation are in its statement.
    const [own] = actor.organisationIds;
    const donorId = question.donorId ?? (isDonor(actor) ? own : undefined);
    return donorId !== undefined && mayAsk(actor, donorId) ? [{ ...question, donorId }] : [];
  },
} as const satisfies View<DonorStatementQuestion, DonorStatement>;

function isDonor({ roles }: Actor): boolean {
  return roles.includes('donor');
}

/** Who may ask for the statement of any donor; it shows what their own rights show. */
const forAnyDonor: readonly Role[] = ['administrator', 'auditor', 'finance_officer'];

function mayAsk(actor: Actor, donorId: string): boolean {
  return actor.roles.some((role) => forAnyDonor.includes(role)) || (isDonor(actor) && actor.organisationIds.includes(donorId));
}

function notesOf(donorId: string, scope: Visibility): readonly PromiseReportText[] {
  const isOwn = !scope.all && scope.donorIds.includes(donorId);
  return [
    'note.statement',
    'note.journal',
    'note.standing',
    'note.due',
    ...(scope.all || isOwn ? [] : (['note.own'] as const)),
    ...(scope.restricted || isOwn ? [] : (['note.restrictedHidden'] as const)),
  ];
}

function bothLanguages<T>(of: (language: Language) => T): Record<Language, T> {
  return { fr: of('fr'), en: of('en') };
}

function stagesIn(write: Write) {
  return ({ pledged, committed, disbursed }: Omit<Sums, 'lines'>) => ({ pledged: write(pledged), committed: write(committed), paid: write(disbursed) });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function inOrder(cells: readonly Cell[]): readonly Cell[] {
  return cells.toSorted((a, b) => compare(a.key.join('\n'), b.key.join('\n')));
}

function earliestFirst({ pledge: a }: Followed, { pledge: b }: Followed): number {
  return compare(a.on, b.on) || compare(a.reference, b.reference);
}

const stageOf = ({ isPledge }: PromiseRow) => (isPledge ? 'pledge' : 'commitment');

function statementPromise(one: Followed, sums: PromiseSums | undefined, write: Write, writeOwn: Write): StatementPromise {
  const { pledge, own, status } = one;
  const { id, reference, on, mechanism, recipientId, fundId, countries, restricted, currency } = pledge;
  const money = (minor: bigint) => ({ amount: writeOwn(minor), currency });
  return {
    stage: stageOf(pledge), id, reference, on, status: pledge.minor === 0n ? 'reversed' : status, mechanism, recipientId, fundId, countries, restricted, // prettier-ignore
    own: { promised: money(own.pledged), committed: money(own.converted), paid: money(own.paid), late: money(overdue(own.ageing)) },
    period: { pledged: write(sums?.pledged ?? 0n), committed: write(sums?.committed ?? 0n), paid: write(sums?.paid ?? 0n) },
    commitments: followUpRowOf(one, write, writeOwn).commitments,
  };
}

function dueOf({ pledge, report }: Followed, today: string, write: Write, writeOwn: Write): readonly DueInstalment[] {
  const { id, reference, recipientId, fundId, currency, hasRate } = pledge;
  return agedParts(pledge, today, report.ageing).flatMap(({ dueOn, daysLate, minor, reportMinor }) =>
    dueOn === null
      ? []
      : [{ stage: stageOf(pledge), id, reference, recipientId, fundId, dueOn, daysLate, unpaid: { amount: writeOwn(minor), currency }, converted: hasRate ? write(reportMinor) : null }],
  );
}

/** Each promise with what of it is in the period, the total last. */
function tableOf({ currency, promises, total, labels }: DonorStatement, language: Language): ViewTable {
  const inCurrency = (key: PromiseReportText) => text(language, 'column.inCurrency', { name: text(language, key), currency });
  const header = [
    ...(['column.stage', 'column.reference', 'column.on', 'column.status', 'column.partner', 'column.fund', 'column.state', 'column.ownCurrency'] as const).map((key) => text(language, key)),
    ...(['column.promisedOwn', 'column.committedOwn', 'column.paidOwn', 'column.lateOwn'] as const).map((key) => text(language, key)),
    ...(['column.pledged', 'column.committed', 'column.paid'] as const).map(inCurrency),
  ];
  const name = (list: 'organisations' | 'funds', id: string | null) => (id === null ? '' : (labels[list][id]?.[language] ?? id));
  const rows = promises.map(({ stage, reference, on, status, recipientId, fundId, countries, own, period }) => [
    text(language, `stage.${stage}`), reference, on, mechanismFigureText(language, `status.${status}`), name('organisations', recipientId), name('funds', fundId), countries.join(', '),
    own.promised.currency, own.promised.amount, own.committed.amount, own.paid.amount, own.late.amount, period.pledged, period.committed, period.paid,
  ]); // prettier-ignore
  return { header, rows: [...rows, [text(language, 'total'), ...Array<string>(11).fill(''), total.pledged, total.committed, total.paid]] };
}
