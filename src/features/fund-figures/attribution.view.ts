import { attribute, type Movement, UNEXPLAINED, UNIDENTIFIED } from '../../domain/attribution.js';
import { exponentOf } from '../../domain/money.js';
import { DomainError } from '../../domain/problem.js';
import { keptRecord } from '../../domain/report.js';
import { fundFigureText, type FundFigureText, inBothLanguages } from '../../i18n/fund-figures.js';
import { asSystem } from '../../platform/tenant.js';
import { familyOf, type Labels, labelsAt } from '../reports/labels.store.js';
import type { View } from '../reports/view.js';
import { attributionDocument } from './attribution.document.js';
import { attributionRows, recipientKey, Sight, sourceKey } from './attribution-result.js';
import { labelsOf } from './figure-labels.js';
import { type AttributionAnswer, attributionQuestion, type AttributionQuestion } from './fund-figures.schema.js';
import { allFunds, attributionLines, directPayments, fundMovements, type MovementRow } from './fund-figures.store.js';

/** Whose money went where (rule 12): paid directly, or through funds by each donor's share of their inflows. */
export const attribution = {
  kind: 'attribution',
  question: attributionQuestion,
  compute: ({ tx, reference, asOf, scope }, asked) =>
    asSystem(tx, async (): Promise<AttributionAnswer> => {
      const names = await labelsAt(tx, asOf);
      const { mergedInto } = names;
      const movements = await fundMovements(tx, asOf, asked.currency, asked);
      const result = attribute(movements.map((row) => movementOf(row, mergedInto)));
      if ('circle' in result) throw new DomainError('FUND_CIRCLE', { funds: result.circle.map((id) => names.funds.get(id)?.nameFr ?? id).join(', ') });
      const known = new Map((await allFunds(tx)).map((fund) => [fund.id, fund]));
      const direct = asked.fundIds ? [] : await directPayments(tx, asOf, asked.currency, asked, whose(asked, scope, names));
      const sight = new Sight(scope, asked, mergedInto);
      const figures = { funds: result.funds, direct, known, mergedInto, exponentOf: (currency: string) => exponentOf(currency, reference.exponents) };
      const shown = attributionRows(figures, sight, asked);
      const donors = shown.rows.map(({ donor }) => donor);
      const recipients = shown.rows.flatMap((row) => row.recipients);
      const unconverted = [...movements, ...direct].some((row) => row.unconverted > 0);
      return {
        kind: 'attribution',
        asOf,
        from: asked.from ?? null,
        to: asked.to ?? null,
        currency: asked.currency,
        rule: { fr: fundFigureText('fr', 'rule'), en: fundFigureText('en', 'rule') },
        notes: inBothLanguages([
          'note.money.total',
          'note.money.rates',
          'note.money.unidentified',
          ...(donors.includes(UNEXPLAINED) ? (['note.money.unexplained'] as const) : []),
          ...(unconverted ? (['note.money.unconverted'] as const) : []),
          ...(scope.restricted ? [] : (['note.money.restricted'] as const)),
          ...(scope.all ? [] : (['note.money.scope'] as const)),
          ...(asked.fundIds || asked.donorIds || asked.countries ? (['note.money.filtered'] as const) : []),
        ]),
        ...shown,
        labels: labelsOf(
          {
            donors,
            partners: recipients.map(({ partner }) => partner),
            states: recipients.map(({ state }) => state),
            plans: recipients.map(({ plan }) => plan),
            funds: [...shown.funds.map(({ fund }) => fund), ...shown.rows.flatMap((row) => row.funds.flatMap(({ given }) => given.map(({ fund }) => fund)))],
          },
          names,
          reference,
        ),
      };
    }),
  document: attributionDocument,
  // Payments that went through no fund are lines of the other book.
  async lines({ tx, asOf, scope }, asked) {
    const { mergedInto } = await labelsAt(tx, asOf);
    const donorIds = asked.donorIds?.flatMap((id) => familyOf(id, mergedInto));
    return { book: 'funds', condition: attributionLines({ ...asked, donorIds }, scope, asked.currency), currency: asked.currency };
  },
  table(result, language) {
    const text = (key: FundFigureText, values?: Record<string, string>) => fundFigureText(language, key, values);
    const named = (list: keyof AttributionAnswer['labels'], code: string) => result.labels[list][code]?.[language] ?? code;
    const columns = ['donorCode', 'donor', 'fund', 'share', 'what', 'partner', 'state', 'plan', 'currency', 'own', 'converted'] as const;
    const currencies = new Map(result.funds.map(({ fund, currency }) => [fund, currency]));
    const recipientCells = ({ partner, state, plan }: { partner: string; state: string; plan: string }) => [named('partners', partner), named('states', state), named('plans', plan)];
    return {
      header: columns.map((column) => text(`column.${column}`, { currency: result.currency })),
      rows: result.rows.flatMap((row) => {
        const donor = [row.donor, named('donors', row.donor)];
        const ofFund = ({ fund, share, own, converted, recipients, given }: (typeof row.funds)[number]) => {
          const cells = (what: FundFigureText, recipient: readonly string[], ownMinor: string, convertedMinor: string) => [
            ...donor, named('funds', fund), share ?? '', text(what), ...recipient, currencies.get(fund) ?? '', ownMinor, convertedMinor,
          ];
          return [
            cells('what.paidIn', ['', '', ''], own.paidIn, converted.paidIn),
            cells('what.received', ['', '', ''], own.received, converted.received),
            ...recipients.map((one) => cells(`kind.${one.kind}`, recipientCells(one), one.own, one.converted)),
            ...given.map((one) => cells('what.given', [named('funds', one.fund), '', ''], one.own, one.converted)),
            cells('what.still', ['', '', ''], own.still, converted.still),
          ];
        };
        const direct = row.recipients.filter((one) => !/^-?[0.]+$/.test(one.direct));
        return [...direct.map((one) => [...donor, '', '', text('what.direct'), ...recipientCells(one), '', '', one.direct]), ...row.funds.flatMap(ofFund)];
      }),
    };
  },
} as const satisfies View<AttributionQuestion, AttributionAnswer>;

/** What moved the cash of a fund, as the attribution takes it. */
function movementOf(row: MovementRow, mergedInto: ReadonlyMap<string, string>): Movement {
  const { own, converted } = row;
  const into = { fund: row.fund_id, own, converted };
  const out = { fund: row.fund_id, own: -own, converted: -converted };
  switch (row.kind) {
    case 'deposit':
    case 'donor_refund':
      return { ...into, kind: 'donor', key: sourceKey(keptRecord(row.donor_id ?? UNIDENTIFIED, mergedInto), row.restricted) };
    case 'from_fund':
      return { ...into, kind: 'received', key: row.counter_fund_id ?? '' };
    case 'to_fund':
      return { ...out, kind: 'given', key: row.counter_fund_id ?? '' };
    case 'transfer':
    case 'refund':
    case 'fee':
    case 'direct_cost':
      return { ...out, kind: 'use', key: recipientKey(row, mergedInto) };
    default:
      return { ...into, kind: 'unidentified', key: '' };
  }
}

/** The donors whose direct payments need to be read: those asked for, or the asker's own; null for all. */
function whose(asked: AttributionQuestion, scope: { readonly all: boolean; readonly states?: readonly string[]; readonly donorIds?: readonly string[] }, { mergedInto }: Labels) {
  if (asked.donorIds) return asked.donorIds.flatMap((id) => familyOf(id, mergedInto));
  if (scope.all || (scope.states ?? []).length > 0) return null;
  return (scope.donorIds ?? []).flatMap((id) => familyOf(id, mergedInto));
}
