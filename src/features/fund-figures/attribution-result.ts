import { type Amount, EARLIER, type FundAttribution } from '../../domain/attribution.js';
import { formatMinor } from '../../domain/money.js';
import type { Visibility } from '../../domain/policy.js';
import { keptRecord, NOT_SPECIFIED, SHARED } from '../../domain/report.js';
import type { AttributionAnswer, AttributionQuestion, AttributionRow, RecipientKind } from './fund-figures.schema.js';
import type { DirectRow, MovementRow, ReachedFund } from './fund-figures.store.js';

/** Row of the restricted gifts that the asker may not see one by one. */
const RESTRICTED = 'restricted';

/** Who gave: a donor as it was kept, or nobody known; what it gave under restriction is a source of its own. */
interface Source {
  readonly donor: string;
  readonly restricted: boolean;
}

/** Who received, of a fund or of a donor itself. */
interface Recipient {
  readonly kind: RecipientKind;
  readonly partner: string;
  readonly countries: readonly string[];
  readonly plan: string;
  readonly restricted: boolean;
}

/** The key of a source in the attribution. */
export function sourceKey(donorId: string, restricted: boolean): string {
  return restricted ? `${donorId}!` : donorId;
}

function sourceOf(key: string): Source {
  return key.endsWith('!') ? { donor: key.slice(0, -1), restricted: true } : { donor: key, restricted: false };
}

const nobody = { partner: NOT_SPECIFIED, countries: [], plan: NOT_SPECIFIED, restricted: false };

/** The key of a recipient in the attribution; partners as they were kept. */
export function recipientKey(row: MovementRow, mergedInto: ReadonlyMap<string, string>): string {
  if (row.kind === 'fee') return 'fee';
  if (row.kind === 'direct_cost') return 'directCost';
  return JSON.stringify([keptRecord(row.partner_id ?? NOT_SPECIFIED, mergedInto), [...row.countries].sort(), row.plan, row.restricted]);
}

function recipientOf(key: string): Recipient {
  if (key === EARLIER) return { ...nobody, kind: 'earlier' };
  if (key === 'fee' || key === 'directCost') return { ...nobody, kind: key };
  const [partner, countries, plan, restricted] = JSON.parse(key) as [string, string[], string, boolean];
  return { kind: 'recipient', partner, countries, plan, restricted };
}

/** What is shown of a recipient, and whose sums are therefore the same. */
type Shown = Pick<AttributionRow['recipients'][number], 'kind' | 'partner' | 'state' | 'plan'>;

const bucketOf = (codes: readonly string[]) => (codes.length > 1 ? SHARED : (codes[0] ?? NOT_SPECIFIED));

const nameOf = ({ kind, partner, state, plan }: Shown) => [kind, partner, state, plan].join('\n');

/** What the asker sees of the attribution: whose rows, which funds, which recipients one by one. */
export class Sight {
  private readonly donors: ReadonlySet<string> | null;
  private readonly own: ReadonlySet<string>;

  constructor(
    private readonly scope: Visibility,
    private readonly asked: AttributionQuestion,
    mergedInto: ReadonlyMap<string, string>,
  ) {
    this.donors = asked.donorIds ? new Set(asked.donorIds.map((id) => keptRecord(id, mergedInto))) : null;
    this.own = new Set(scope.all ? [] : scope.donorIds.map((id) => keptRecord(id, mergedInto)));
  }

  /** The row in which a source is shown; null where it is not. */
  rowOf({ donor, restricted }: Source): string | null {
    if (!this.own.has(donor) && !this.scope.all && this.scope.states.length === 0) return null;
    const code = restricted && !this.scope.restricted && !this.own.has(donor) ? RESTRICTED : donor;
    return this.donors === null || this.donors.has(code) ? code : null;
  }

  /** Whether a row is the asker's own gift, of which everything is shown. */
  isOwn(row: string): boolean {
    return this.own.has(row);
  }

  touches(countries: readonly string[]): boolean {
    return this.scope.all || countries.some((code) => !this.scope.all && this.scope.states.includes(code));
  }

  /** Whether a fund is shown: one's own gifts went into it, or it is for, or gives to, a state that one works for. */
  showsFund(fund: ReachedFund, recipients: readonly Recipient[], row: string): boolean {
    if (this.asked.fundIds && !this.asked.fundIds.includes(fund.id)) return false;
    return this.isOwn(row) || this.touches(fund.countries) || recipients.some(({ countries }) => this.touches(countries));
  }

  recipient({ kind, partner, countries, plan, restricted }: Recipient, row: string): Shown {
    const alone = { partner: NOT_SPECIFIED, state: NOT_SPECIFIED, plan: NOT_SPECIFIED };
    if (kind !== 'recipient') return { kind, ...alone };
    if (restricted && !this.scope.restricted) return { kind: 'restricted', ...alone };
    const asked = !this.asked.countries || countries.some((code) => this.asked.countries?.includes(code));
    if (!asked || !(this.isOwn(row) || this.touches(countries))) return { kind: 'elsewhere', ...alone };
    return { kind, partner, state: bucketOf(countries), plan };
  }
}

const zero: Amount = { own: 0n, converted: 0n };
const add = (a: Amount, b: Amount): Amount => ({ own: a.own + b.own, converted: a.converted + b.converted });

/** Amounts by a key, in the order of the keys once listed. */
class Tally<K> {
  private readonly sums = new Map<string, { key: K; amount: Amount }>();

  add(name: string, key: K, amount: Amount): void {
    const so = this.sums.get(name);
    if (so) so.amount = add(so.amount, amount);
    else this.sums.set(name, { key, amount });
  }

  /** Without those of nothing. */
  list(): readonly { readonly key: K; readonly amount: Amount }[] {
    return [...this.sums].filter(([, { amount }]) => amount.own !== 0n || amount.converted !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }
}

const flowNames = ['paidIn', 'received', 'attributed', 'given', 'still'] as const;
type Flows = Record<(typeof flowNames)[number], Amount>;
const noFlows = (): Flows => ({ paidIn: zero, received: zero, attributed: zero, given: zero, still: zero });

interface FundPart {
  share: bigint;
  readonly flows: Flows;
  readonly recipients: Tally<Shown>;
  readonly given: Tally<string>;
}

interface Row {
  direct: bigint;
  readonly funds: Map<string, FundPart>;
  /** `own` is what was paid directly, `converted` what is attributed through funds. */
  readonly recipients: Tally<Shown>;
}

/** What an attribution is shown from. */
export interface Figures {
  readonly funds: readonly FundAttribution[];
  readonly direct: readonly DirectRow[];
  readonly known: ReadonlyMap<string, ReachedFund>;
  readonly mergedInto: ReadonlyMap<string, string>;
  /** Minor digits of a currency. */
  readonly exponentOf: (currency: string) => number;
}

/** The rows and totals that the asker sees, written as decimal numbers. */
export function attributionRows(
  figures: Figures,
  sight: Sight,
  asked: AttributionQuestion,
): Pick<AttributionAnswer, 'rows' | 'totals' | 'funds'> {
  const rows = new Map<string, Row>();
  const rowFor = (code: string): Row => {
    const row = rows.get(code) ?? { direct: 0n, funds: new Map<string, FundPart>(), recipients: new Tally<Shown>() };
    rows.set(code, row);
    return row;
  };
  if (!asked.fundIds) for (const payment of figures.direct) addDirect(payment, figures, sight, rowFor);
  for (const fund of figures.funds) addFund(fund, figures, sight, rowFor);
  const exponent = figures.exponentOf(asked.currency);
  const write = (minor: bigint) => formatMinor(minor, exponent);
  const inOrder = [...rows].filter(([, row]) => row.direct !== 0n || row.funds.size > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const shownFunds = [...new Set(inOrder.flatMap(([, { funds }]) => [...funds.keys()]))].sort();
  return {
    funds: shownFunds.map((fund) => ({ fund, currency: figures.known.get(fund)?.currency ?? '' })),
    rows: inOrder.map(([donor, row]) => writeRow(donor, row, figures, write)),
    totals: totalsOf(inOrder.map(([, row]) => row), write),
  };
}

function addDirect(payment: DirectRow, { mergedInto }: Figures, sight: Sight, rowFor: (code: string) => Row): void {
  const code = sight.rowOf({ donor: keptRecord(payment.donor_id, mergedInto), restricted: payment.restricted });
  if (code === null || !(sight.isOwn(code) || sight.touches(payment.countries))) return;
  const row = rowFor(code);
  row.direct += payment.converted;
  // A restricted gift is shown in its own row, where it is not the asker's to see; its recipient is not told there.
  const restricted = code === RESTRICTED;
  const partner = keptRecord(payment.recipient_id ?? NOT_SPECIFIED, mergedInto);
  const recipient = sight.recipient({ kind: 'recipient', partner, countries: [...payment.countries].sort(), plan: payment.plan, restricted }, code);
  row.recipients.add(nameOf(recipient), recipient, { own: payment.converted, converted: 0n });
}

function addFund(fund: FundAttribution, { known }: Figures, sight: Sight, rowFor: (code: string) => Row): void {
  const place = known.get(fund.fund) ?? { id: fund.fund, currency: '', countries: [] };
  const recipients = fund.columns.map(({ kind, key }) => (kind === 'use' ? recipientOf(key) : null));
  const reached = recipients.filter((recipient) => recipient !== null);
  const shownIn = (row: string) =>
    recipients.map((recipient) => {
      const shown = recipient && sight.recipient(recipient, row);
      return shown && { shown, name: nameOf(shown) };
    });
  // Of rows that are not the asker's own, the same is shown.
  const ofOthers = shownIn('');
  fund.sources.forEach((key, index) => {
    const code = sight.rowOf(sourceOf(key));
    if (code === null || !sight.showsFund(place, reached, code)) return;
    const row = rowFor(code);
    const part = row.funds.get(fund.fund) ?? { share: 0n, flows: noFlows(), recipients: new Tally<Shown>(), given: new Tally<string>() };
    row.funds.set(fund.fund, part);
    part.share += fund.shares[index] ?? 0n;
    const shown = sight.isOwn(code) ? shownIn(code) : ofOthers;
    const count = (flow: (typeof flowNames)[number], amount: Amount) => (part.flows[flow] = add(part.flows[flow], amount));
    count('paidIn', fund.paidIn[index] ?? zero);
    count('received', fund.received[index] ?? zero);
    count('still', fund.still[index] ?? zero);
    fund.columns.forEach(({ key: columnKey, parts }, column) => {
      const amount = parts[index] ?? zero;
      if (amount.own === 0n && amount.converted === 0n) return;
      const recipient = shown[column];
      count(recipient ? 'attributed' : 'given', amount);
      if (!recipient) {
        part.given.add(columnKey, columnKey, amount);
        return;
      }
      part.recipients.add(recipient.name, recipient.shown, amount);
      row.recipients.add(recipient.name, recipient.shown, { own: 0n, converted: amount.converted });
    });
  });
}

function writeRow(donor: string, row: Row, { known, exponentOf }: Figures, write: (minor: bigint) => string): AttributionRow {
  return {
    donor,
    direct: write(row.direct),
    funds: [...row.funds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([fund, part]) => {
      const exponent = exponentOf(known.get(fund)?.currency ?? '');
      const own = (minor: bigint) => formatMinor(minor, exponent);
      const written = ({ own: inFund, converted }: Amount) => ({ own: own(inFund), converted: write(converted) });
      const { paidIn, received } = part.flows;
      return {
        fund,
        share: part.share === 0n && paidIn.own + received.own === 0n ? null : formatMinor(part.share, 4),
        own: writeFlows(part.flows, (amount) => own(amount.own)),
        converted: writeFlows(part.flows, (amount) => write(amount.converted)),
        recipients: part.recipients.list().map(({ key, amount }) => ({ ...key, ...written(amount) })),
        given: part.given.list().map(({ key, amount }) => ({ fund: key, ...written(amount) })),
      };
    }),
    recipients: row.recipients.list().map(({ key, amount }) => ({ ...key, ...writeBoth(amount, write) })),
    totals: writeFlows(flowsOf(row), ({ converted }) => write(converted)),
  };
}

/** A row in the reporting currency: what was paid directly is paid in and attributed at once. */
function flowsOf(row: Row): Flows {
  const sums = noFlows();
  const direct: Amount = { own: 0n, converted: row.direct };
  sums.paidIn = sums.attributed = direct;
  for (const { flows } of row.funds.values()) for (const name of flowNames) sums[name] = add(sums[name], flows[name]);
  return sums;
}

function writeFlows(flows: Flows, write: (amount: Amount) => string): AttributionRow['totals'] {
  return Object.fromEntries(flowNames.map((name) => [name, write(flows[name])])) as AttributionRow['totals'];
}

function writeBoth({ own: direct, converted: throughFunds }: Amount, write: (minor: bigint) => string) {
  return { direct: write(direct), throughFunds: write(throughFunds), total: write(direct + throughFunds) };
}

function totalsOf(rows: readonly Row[], write: (minor: bigint) => string): AttributionAnswer['totals'] {
  const [kinds, states, partners] = [new Tally<RecipientKind>(), new Tally<string>(), new Tally<string>()];
  const flows = noFlows();
  for (const row of rows) {
    const own = flowsOf(row);
    for (const name of flowNames) flows[name] = add(flows[name], own[name]);
    for (const { key, amount } of row.recipients.list()) {
      kinds.add(key.kind, key.kind, amount);
      if (key.kind !== 'recipient') continue;
      states.add(key.state, key.state, amount);
      partners.add(key.partner, key.partner, amount);
    }
  }
  const listed = <K>(tally: Tally<K>) => tally.list().map(({ key, amount }) => ({ key, ...writeBoth(amount, write) }));
  return {
    ...writeFlows(flows, ({ converted }) => write(converted)),
    byKind: listed(kinds).map(({ key, ...amounts }) => ({ kind: key, ...amounts })),
    byState: listed(states).map(({ key, ...amounts }) => ({ state: key, ...amounts })),
    byPartner: listed(partners).map(({ key, ...amounts }) => ({ partner: key, ...amounts })),
  };
}
