import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { Client } from 'pg';
import { SYSTEM_USER_ID } from '../../src/domain/system-user.js';
import { importRates } from '../../src/features/fx/fx.store.js';
import { closeMonths } from '../../src/features/periods/periods.store.js';
import { checkLedger, runChecks } from '../../src/features/ledger-check/ledger-check.service.js';
import { type LedgerCheckCode, ledgerCheckCodes, ledgerCheckText } from '../../src/i18n/ledger-checks.js';
import { type Db, inTransaction, openDb, type Tx } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';
import { loadReference } from '../../src/platform/reference.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type FundCheckCode, isFundCheck } from '../support/fund-checks.js';
import { LedgerWriter } from '../support/ledger-writer.js';

const ROOT = path.resolve(__dirname, '../..');
const halves = { country: [{ code: 'BFA', share: '60' }, { code: 'MLI', share: '40' }] };
const rate = (base: string, quote: string, date: string, value: string) => ({ source: 'ECB', base, quote, date, rate: value });
const rates = [
  rate('EUR', 'USD', '2025-12-01', '1.16'),
  rate('EUR', 'USD', '2026-01-02', '1.17'),
  rate('EUR', 'USD', '2026-02-02', '1.18'),
  rate('EUR', 'USD', '2026-03-02', '1.18'),
  rate('EUR', 'GBP', '2026-01-02', '0.87'),
];

let database: TestDatabase;
/** As the application, and as a superuser who may corrupt anything. */
let db: Db;
let superuser: Db;
let write: (tx: Tx) => LedgerWriter;
let ledger: Awaited<ReturnType<typeof buildLedger>>;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(database.url, 2, 'system');
  superuser = openDb(database.superuserUrl, 1, 'system');
  const { exponents } = await loadReference(db);
  const donor = await db.organisation.create({ data: { id: newId(), name: 'Bailleur', type: '10' } });
  write = (tx) => new LedgerWriter(tx, exponents, donor.id);
  ledger = await inTransaction(db, (tx) => buildLedger(tx, write(tx)));
});

afterAll(async () => {
  await db.$disconnect();
  await superuser.$disconnect();
  await database.drop();
});

/** One of everything: raised and lowered, paid in part, drafted, reversed, imported, closed, without a rate, too late for its month. */
async function buildLedger(tx: Tx, writer: LedgerWriter) {
  await importRates(tx, rates, SYSTEM_USER_ID);
  const pledge = await writer.pledge({ minor: 10_000_000n, on: '2026-01-10', splits: halves }, [4_000_000n, 6_000_000n]);
  const commitment = await writer.commitment({ minor: 6_000_001n, on: '2026-01-15', splits: halves }, pledge);
  const raising = await writer.amendment(commitment, 1_000_000n, '2026-02-03');
  const payment = await writer.disbursement(commitment, { minor: 5_000_000n, on: '2026-02-15' });
  const lowering = await writer.amendment(commitment, -500_003n, '2026-02-20');
  const draft = await writer.disbursement(commitment, { minor: 100_000n, on: '2026-02-21' }, 'draft');
  const undone = await writer.disbursement(commitment, { minor: 300_000n, on: '2026-02-22' }, 'received');
  await writer.reverse('disbursement', undone);

  const british = await writer.pledge({ minor: 500_000n, currency: 'GBP', on: '2026-01-12' });
  const withdrawn = await writer.pledge({ minor: 1_000_001n, currency: 'XOF', on: '2026-01-12', splits: halves });
  await writer.reverse('pledge', withdrawn);
  const franc = await writer.commitment({ minor: 655_957n, currency: 'XOF', on: '2026-01-20' });
  const cancelled = await writer.commitment({ minor: 900n, currency: 'USD', on: '2026-02-20' });
  await writer.amendment(cancelled, 100n, '2026-02-21');
  await writer.reverse('commitment', cancelled);

  const evidence = await writer.evidence(commitment);

  await closeMonths(tx, ['2025-12'], { closedBy: writer.approver, graceDays: 0 });
  const late = await writer.pledge({ minor: 9_000n, on: '2025-12-10' });
  const lateUndone = await writer.pledge({ minor: 8_000n, on: '2025-12-11' });
  await writer.reverse('pledge', lateUndone);

  const imported = await writer.commitment({ minor: 5_000n, usdMinor: 5_812n, on: '2026-01-15', externalId: '101' });
  const paid = await writer.disbursement(imported, { minor: 5_000n, usdMinor: 5_812n, on: '2026-01-15', externalId: '101' });
  await writer.sourceFlow('101', 1, 'posted', { amountUsd: '58.12', commitmentId: imported, disbursementId: paid });
  const closed = await writer.pledge({ minor: 7_000n, on: '2026-01-15', externalId: '102' });
  await writer.reverse('pledge', closed, false);
  await writer.sourceFlow('102', 1, 'posted', { pledgeId: closed });
  await writer.sourceFlow('102', 2, 'closed');
  const unconverted = await writer.pledge({ minor: -7_000n, currency: 'MRU', on: '2026-01-15', externalId: '103' });
  await writer.sourceFlow('103', 1, 'posted', { pledgeId: unconverted });
  return { pledge, commitment, raising, payment, lowering, draft, undone, british, withdrawn, franc, imported, closed, unconverted, late, lateUndone, evidence };
}

test('a ledger that the application wrote holds', async () => {
  const results = await checkLedger(db);
  expect(results.filter(({ rows }) => rows.length > 0)).toEqual([]);
  expect(results.filter(({ code, checked }) => checked === 0 && !code.startsWith('seal.') && !isFundCheck(code))).toEqual([]);
  expect(results.map(({ code }) => ledgerCheckText('en', code)).join()).not.toContain('undefined');
});

test('an empty ledger holds', async () => {
  const empty = await createTestDatabase();
  const emptyDb = openDb(empty.url, 1, 'system');
  expect((await checkLedger(emptyDb)).filter(({ rows }) => rows.length > 0)).toEqual([]);
  await emptyDb.$disconnect();
  await empty.drop();
});

class Undo extends Error {}

/** The trail, its seals and the funds' book have tests of their own; a record written past the triggers, as here, has no link in the chain. */
type OwnCode = Exclude<LedgerCheckCode, 'record.audited' | `audit.${string}` | `seal.${string}` | FundCheckCode>;
type Breaks = Partial<Record<LedgerCheckCode, readonly object[]>>;

/** Which rows break which checks after a change that no trigger hinders; nothing of it is kept. */
async function breaksAfter(corrupt: (tx: Tx) => Promise<unknown>): Promise<Breaks> {
  const breaks: Breaks = {};
  const run = inTransaction(superuser, async (tx) => {
    await tx.$executeRaw`SET LOCAL ROLE NONE`;
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`;
    await corrupt(tx);
    for (const { code, rows } of await runChecks(tx)) if (rows.length > 0 && code in corruptions) breaks[code] = rows;
    throw new Undo();
  });
  await expect(run).rejects.toThrow(Undo);
  return breaks;
}

async function drop(tx: Tx, constraint: string): Promise<void> {
  const [found] = await tx.$queryRaw<{ table: string }[]>`SELECT conrelid::regclass::text AS table FROM pg_constraint WHERE conname = ${constraint}`;
  await tx.$executeRawUnsafe(found ? `ALTER TABLE ${found.table} DROP CONSTRAINT ${constraint}` : `DROP INDEX ${constraint}`);
}

/** Changes rows of a table, those of this id or those that the condition names. */
async function change(tx: Tx, table: string, where: string, set: string): Promise<void> {
  const condition = where.includes(' ') ? where : `id = '${where}'`;
  expect(await tx.$executeRawUnsafe(`UPDATE ${table} SET ${set} WHERE ${condition}`)).toBeGreaterThan(0);
}

/** The id of a record's first entry of a kind. */
async function entryOf(tx: Tx, record: string, kind: string): Promise<string> {
  const [entry] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM journal_entry
    WHERE kind = ${kind}::entry_kind AND ${record}::uuid IN (pledge_id, commitment_id, disbursement_id, amendment_id) ORDER BY seq LIMIT 1`;
  return entry!.id;
}

/** Changes an entry and all of its lines alike, and something more of the entry. */
async function changeWithLines(tx: Tx, entry: string, set: string, ...ofEntry: readonly string[]): Promise<void> {
  await change(tx, 'journal_entry', entry, [set, ...ofEntry].join(', '));
  await change(tx, 'journal_line', `entry_id = '${entry}'`, set);
}

/** A further reversal, with the amounts of an entry times `sign`. */
async function copyEntry(tx: Tx, id: string, sign: 1 | -1, reversesId: string): Promise<string> {
  const copy = newId();
  const amounts = `'amount_minor', ${sign} * t.amount_minor, 'usd_minor', ${sign} * t.usd_minor, 'eur_minor', ${sign} * t.eur_minor, 'xof_minor', ${sign} * t.xof_minor`;
  await tx.$executeRawUnsafe(`
    INSERT INTO journal_entry SELECT (jsonb_populate_record(t, jsonb_build_object('id', '${copy}', 'seq', nextval('journal_entry_seq_seq'),
      'kind', 'reversal', 'reverses_id', '${reversesId}', 'recorded_at', clock_timestamp(), ${amounts}))).* FROM journal_entry t WHERE id = '${id}'`);
  await tx.$executeRawUnsafe(`
    INSERT INTO journal_line SELECT (jsonb_populate_record(t, jsonb_build_object('entry_id', '${copy}', 'recorded_at', e.recorded_at, ${amounts}))).*
    FROM journal_line t, journal_entry e WHERE t.entry_id = '${id}' AND e.id = '${copy}'`);
  return copy;
}

interface Named {
  readonly record: string;
  readonly id: string;
  readonly found?: string;
  readonly expected?: string;
}

/** Does the harm and says which row is to be named. */
type Corruption = (tx: Tx) => Promise<Named>;

function at(record: string, id: string, found?: string, expected?: string): Named {
  return { record, id, ...(found !== undefined && { found }), ...(expected !== undefined && { expected }) };
}

const corruptions: Readonly<Record<OwnCode, readonly Corruption[]>> = {
  'pledge.posted': [
    async (tx) => {
      await change(tx, 'pledge', ledger.british, 'amount_minor = 400000');
      return at('pledge', ledger.british, '5000.00 GBP 2026-01-12', '4000.00 GBP 2026-01-12');
    },
    async (tx) => {
      await tx.$executeRaw`DELETE FROM journal_line WHERE entry_id = ${await entryOf(tx, ledger.british, 'pledge')}::uuid`;
      await tx.$executeRaw`DELETE FROM journal_entry WHERE pledge_id = ${ledger.british}::uuid`;
      return at('pledge', ledger.british, '–', '5000.00 GBP 2026-01-12');
    },
  ],
  'commitment.posted': [
    async (tx) => {
      await change(tx, 'commitment', ledger.franc, `value_date = '2026-01-19'`);
      return at('commitment', ledger.franc, '655957 XOF 2026-01-20', '655957 XOF 2026-01-19');
    },
  ],
  'amendment.posted': [
    async (tx) => {
      await change(tx, 'amendment', ledger.raising, `status = 'rejected'`);
      return at('amendment', ledger.raising, '10000.00 EUR 2026-02-03', '–');
    },
  ],
  'disbursement.posted': [
    async (tx) => {
      const decider = newId();
      await change(tx, 'disbursement', ledger.draft, `status = 'approved', submitted_by = prepared_by, decided_by = '${decider}'`);
      await tx.approval.create({ data: { id: newId(), kind: 'disbursement', recordId: ledger.draft, approverId: decider } });
      return at('disbursement', ledger.draft, '–', '1000.00 EUR 2026-02-21');
    },
    async (tx) => {
      await change(tx, 'disbursement', ledger.payment, `status = 'draft', decided_by = NULL`);
      return at('disbursement', ledger.payment, '50000.00 EUR 2026-02-15', '–');
    },
  ],
  'commitment.current': [
    async (tx) => {
      await change(tx, 'commitment', ledger.franc, 'current_minor = 655958');
      return at('commitment', ledger.franc, '655958 XOF', '655957 XOF');
    },
  ],
  'commitment.disbursed': [
    async (tx) => {
      await change(tx, 'commitment', ledger.franc, 'disbursed_minor = 1');
      return at('commitment', ledger.franc, '1 XOF', '0 XOF');
    },
  ],
  'pledge.committed': [
    async (tx) => {
      await change(tx, 'pledge', ledger.pledge, 'committed_minor = 1');
      return at('pledge', ledger.pledge, '0.01 EUR', '64999.98 EUR');
    },
  ],
  'pledge.within': [
    async (tx) => {
      await drop(tx, 'pledge_committed_within');
      await write(tx).commitment({ minor: 4_000_000n, on: '2026-01-15' }, ledger.pledge);
      return at('pledge', ledger.pledge, '104999.98 EUR', '100000.00 EUR');
    },
  ],
  'commitment.within': [
    async (tx) => {
      await drop(tx, 'commitment_disbursed_within');
      await write(tx).disbursement(ledger.franc, { minor: 655_958n, on: '2026-01-20' });
      return at('commitment', ledger.franc, '655958 XOF', '655957 XOF');
    },
  ],
  'cell.within': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.payment, 'disbursement');
      await change(tx, 'journal_line', `entry_id = '${entry}'`, 'amount_minor = amount_minor + CASE cell WHEN 0 THEN 1000000 ELSE -1000000 END');
      return at('commitment', `${ledger.commitment} 0`, '40000.00 EUR', '38999.99 EUR');
    },
  ],
  'child.currency': [
    async (tx) => at('commitment', await write(tx).commitment({ minor: 100n, currency: 'USD', on: '2026-01-15' }, ledger.pledge), 'USD', 'EUR'),
    async (tx) => at('disbursement', await write(tx).disbursement(ledger.franc, { minor: 100n, currency: 'EUR', on: '2026-01-20' }), 'EUR', 'XOF'),
  ],
  'child.date': [
    async (tx) => {
      await change(tx, 'commitment', ledger.commitment, `value_date = '2026-01-09'`);
      await changeWithLines(tx, await entryOf(tx, ledger.commitment, 'commitment'), `value_date = '2026-01-09'`);
      return at('commitment', ledger.commitment, '2026-01-09', '2026-01-10');
    },
    async (tx) => {
      await change(tx, 'disbursement', ledger.draft, `value_date = '2026-01-14'`);
      return at('disbursement', ledger.draft, '2026-01-14', '2026-01-15');
    },
  ],
  'commitment.donor': [
    async (tx) => {
      const { id } = await tx.organisation.create({ data: { id: newId(), name: 'Autre', type: '10' } });
      await change(tx, 'commitment', ledger.commitment, `donor_id = '${id}'`);
      await change(tx, 'journal_line', `entry_id IN (SELECT id FROM journal_entry WHERE commitment_id = '${ledger.commitment}')`, `donor_id = '${id}'`);
      return at('commitment', ledger.commitment, id);
    },
  ],
  'pledge.instalments': [
    async (tx) => {
      await change(tx, 'pledge_instalment', `pledge_id = '${ledger.pledge}' AND number = 2`, 'amount_minor = 1');
      return at('pledge', ledger.pledge, '40000.01 EUR', '100000.00 EUR');
    },
  ],
  'splits.whole': [
    async (tx) => {
      await drop(tx, 'pledge_splits_whole');
      await change(tx, 'pledge', ledger.pledge, `splits = jsonb_set(splits, '{country,0,share}', '"59.5"')`);
      return at('pledge', ledger.pledge, 'country 99.5', 'country 100');
    },
    async (tx) => {
      await drop(tx, 'commitment_splits_whole');
      await change(tx, 'commitment', ledger.commitment, `splits = splits #- '{country,0,share}'`);
      return at('commitment', ledger.commitment, 'country – + 40', 'country 100');
    },
  ],
  'splits.countries': [
    async (tx) => {
      await drop(tx, 'pledge_countries_match');
      await change(tx, 'pledge', ledger.british, `countries = '{NER}'`);
      return at('pledge', ledger.british, 'NER', '');
    },
  ],
  'entry.subject': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.raising, 'amendment');
      await change(tx, 'journal_entry', entry, 'pledge_id = NULL');
      return at('journal_entry', entry);
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.payment, 'disbursement');
      await change(tx, 'journal_entry', entry, `pledge_id = '${newId()}'`);
      return at('journal_entry', entry);
    },
  ],
  'entry.lines': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.pledge, 'pledge');
      await change(tx, 'journal_line', `entry_id = '${entry}' AND cell = 1`, 'amount_minor = amount_minor + 1');
      const rest = '117000.00 USD, 100000.00 EUR, 65595700 XOF';
      return at('journal_entry', entry, `100000.01 EUR, ${rest}`, `100000.00 EUR, ${rest}`);
    },
    ...['usd', 'eur', 'xof'].map((currency) => async (tx: Tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await change(tx, 'journal_line', `entry_id = '${entry}'`, `${currency}_minor = ${currency}_minor - 1`);
      return at('journal_entry', entry);
    }),
    async (tx) => {
      const entry = await entryOf(tx, ledger.pledge, 'pledge');
      await change(tx, 'journal_line', `entry_id = '${entry}' AND cell = 1`, 'xof_minor = NULL');
      return at('journal_entry', entry, '100000.00 EUR, 117000.00 USD, 100000.00 EUR, 1 / 2: XOF');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.unconverted, 'pledge');
      await change(tx, 'journal_line', `entry_id = '${entry}'`, 'usd_minor = 0');
      return at('journal_entry', entry, '-70.00 MRU, 0.00 USD, – EUR, – XOF', '-70.00 MRU, – USD, – EUR, – XOF');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await tx.$executeRaw`DELETE FROM journal_line WHERE entry_id = ${entry}::uuid`;
      return at('journal_entry', entry);
    },
  ],
  'entry.conversion': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await changeWithLines(tx, entry, 'usd_minor = usd_minor + 1');
      return at('journal_entry', entry, '6724.15 USD', '6724.14 USD');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.lowering, 'amendment');
      await change(tx, 'journal_line', `entry_id = '${entry}' AND cell = 0`, 'usd_minor = usd_minor + 1');
      await change(tx, 'journal_entry', entry, 'usd_minor = usd_minor + 1');
      return at('journal_entry', entry);
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.imported, 'commitment');
      await changeWithLines(tx, entry, 'eur_minor = 4966');
      return at('journal_entry', entry, '49.66 EUR', '50.00 EUR');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.franc, 'commitment');
      await changeWithLines(tx, entry, 'usd_minor = NULL');
      return at('journal_entry', entry, '– USD', '1170.00 USD');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.franc, 'commitment');
      await change(tx, 'journal_entry', entry, `fx = jsonb_set(fx, '{eur,legs}', '[]')`);
      return at('journal_entry', entry, '1000.00 EUR', '– EUR');
    },
  ],
  'entry.date': [
    async (tx) => {
      await drop(tx, 'journal_entry_not_future');
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await change(tx, 'pledge', ledger.british, `value_date = '2999-01-01'`);
      await changeWithLines(tx, entry, `value_date = '2999-01-01'`);
      return at('journal_entry', entry, '2999-01-01');
    },
  ],
  'entry.period': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.late, 'pledge');
      await changeWithLines(tx, entry, `value_date = '2025-12-10'`, 'occurred_on = NULL');
      return at('journal_entry', entry, '2025-12-10', '≠ 2025-12');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await changeWithLines(tx, entry, `value_date = '2026-02-01'`, `occurred_on = '2026-01-12'`);
      return at('journal_entry', entry, '2026-02-01 ← 2026-01-12', '2026-01-12');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.late, 'pledge');
      await change(tx, 'pledge', ledger.late, `value_date = '2025-11-30'`);
      await changeWithLines(tx, entry, `value_date = '2025-11-30'`, 'occurred_on = NULL, fx = jsonb_set(fx, \'{usd,legs,0,date}\', \'"2025-11-01"\')');
      await tx.$executeRaw`INSERT INTO fx_rate (source, base, quote, date, rate, recorded_by) VALUES ('ECB', 'EUR', 'USD', '2025-11-01', 1.16, ${SYSTEM_USER_ID}::uuid)`;
      return at('journal_entry', entry, '2025-11-30', '≠ 2025-11');
    },
    async (tx) => {
      const month = new Date('2025-12-01');
      const people = { preparedBy: newId(), decidedBy: newId() };
      await tx.periodReopening.create({ data: { id: newId(), month, reason: 'r', status: 'approved', ...people, decidedAt: new Date(Date.now() + 1_000) } });
      const entry = await entryOf(tx, ledger.late, 'pledge');
      await changeWithLines(tx, entry, `value_date = '2025-12-10'`, 'occurred_on = NULL');
      return at('journal_entry', entry, '2025-12-10', '≠ 2025-12');
    },
  ],
  'entry.recorded': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.franc, 'commitment');
      await changeWithLines(tx, entry, `recorded_at = recorded_at - interval '2 minutes'`);
      return at('journal_entry', entry);
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.unconverted, 'pledge');
      await changeWithLines(tx, entry, `recorded_at = recorded_at + interval '5 minutes'`);
      return at('journal_entry', entry);
    },
  ],
  'line.entry': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await change(tx, 'journal_line', `entry_id = '${entry}'`, `currency = 'EUR'`);
      return at('journal_line', `${entry} 0`);
    },
  ],
  'line.terms': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.payment, 'disbursement');
      await change(tx, 'journal_line', `entry_id = '${entry}' AND cell = 1`, 'restricted = true');
      return at('journal_line', `${entry} 1`);
    },
  ],
  'cell.codes': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.payment, 'disbursement');
      await change(tx, 'journal_line', `entry_id = '${entry}' AND cell = 1`, `countries = '{NER}'`);
      return at('commitment', `${ledger.commitment} 1`);
    },
  ],
  'rate.published': [
    async (tx) => {
      await change(tx, 'fx_rate', `quote = 'GBP'`, 'rate = 0.88');
      return at('journal_entry', await entryOf(tx, ledger.british, 'pledge'), 'ECB EUR GBP 2026-01-02 0.87', 'ECB EUR GBP 2026-01-02 0.88');
    },
    async (tx) => {
      await tx.$executeRaw`DELETE FROM fx_rate WHERE quote = 'GBP'`;
      return at('journal_entry', await entryOf(tx, ledger.british, 'pledge'), 'ECB EUR GBP 2026-01-02 0.87', 'ECB EUR GBP 2026-01-02 –');
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.british, 'pledge');
      await change(tx, 'journal_entry', entry, `fx = replace(fx::text, '655.957', '656')::jsonb`);
      await changeWithLines(tx, entry, 'xof_minor = 3770115');
      return at('journal_entry', entry, 'BCEAO/BEAC EUR XOF 1999-01-01 656', 'BCEAO/BEAC EUR XOF 1999-01-01 655.957');
    },
  ],
  'rate.date': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.raising, 'amendment');
      await change(tx, 'journal_entry', entry, `fx = replace(fx::text, '2026-02-02', '2026-03-02')::jsonb`);
      return at('journal_entry', entry, 'ECB EUR USD 2026-03-02', 'ECB EUR USD 2026-02-03');
    },
  ],
  'reversal.mirror': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.undone, 'reversal');
      await changeWithLines(tx, entry, `value_date = '2026-02-23'`);
      return at('journal_entry', entry);
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.undone, 'reversal');
      await change(tx, 'journal_entry', entry, `fx = fx - 'eur'`);
      return at('journal_entry', entry);
    },
    async (tx) => {
      const entry = await entryOf(tx, ledger.lateUndone, 'reversal');
      await change(tx, 'journal_entry', entry, 'occurred_on = NULL');
      return at('journal_entry', entry);
    },
  ],
  'reversal.lines': [
    async (tx) => {
      const entry = await entryOf(tx, ledger.withdrawn, 'reversal');
      await change(tx, 'journal_line', `entry_id = '${entry}'`, 'amount_minor = amount_minor + 1 - 2 * cell');
      return at('journal_entry', entry);
    },
  ],
  'reversal.once': [
    async (tx) => {
      await drop(tx, 'journal_entry_reverses_id_key');
      const original = await entryOf(tx, ledger.withdrawn, 'pledge');
      await copyEntry(tx, original, -1, original);
      return at('journal_entry', original, '× 2', '× 1');
    },
  ],
  'reversal.original': [
    async (tx) => {
      const reversal = await entryOf(tx, ledger.withdrawn, 'reversal');
      return at('journal_entry', await copyEntry(tx, reversal, -1, reversal), 'reversal', '≠ reversal');
    },
  ],
  'reversal.request': [
    async (tx) => {
      await tx.$executeRaw`DELETE FROM reversal WHERE pledge_id = ${ledger.withdrawn}::uuid`;
      return at('pledge', ledger.withdrawn, 'reversed', '≠ reversed');
    },
    async (tx) => {
      const people = { preparedBy: newId(), decidedBy: newId() };
      const { id } = await tx.reversal.create({ data: { id: newId(), stage: 'pledge', pledgeId: ledger.british, reason: 'r', status: 'approved', ...people } });
      await tx.approval.create({ data: { id: newId(), kind: 'reversal', recordId: id, approverId: people.decidedBy } });
      return at('pledge', ledger.british, 'active', 'reversed');
    },
  ],
  'approval.decided': [
    async (tx) => {
      await drop(tx, 'disbursement_decided');
      await change(tx, 'disbursement', ledger.payment, 'decided_by = NULL');
      return at('disbursement', ledger.payment, 'decided_by –', 'decided_by ≠ –');
    },
  ],
  'approval.four-eyes': [
    async (tx) => {
      await drop(tx, 'disbursement_four_eyes');
      await change(tx, 'disbursement', ledger.payment, `decided_by = submitted_by, prepared_by = '${newId()}'`);
      return at('disbursement', ledger.payment, 'decided_by = submitted_by', 'decided_by ≠ submitted_by');
    },
    async (tx) => {
      const { decidedBy } = await tx.disbursement.findUniqueOrThrow({ where: { id: ledger.payment } });
      const edit = { action: 'disbursement.edit', recordKind: 'disbursement', recordId: ledger.payment, detail: {} };
      await tx.auditEvent.create({ data: { id: newId(), actorId: decidedBy, ...edit } });
      return at('disbursement', ledger.payment, 'decided_by = audit_event.actor_id');
    },
    async (tx) => {
      await drop(tx, 'amendment_four_eyes');
      await change(tx, 'amendment', ledger.lowering, 'decided_by = prepared_by');
      return at('amendment', ledger.lowering);
    },
    async (tx) => {
      await drop(tx, 'period_reopening_four_eyes');
      const [id, person] = [newId(), newId()];
      const people = { preparedBy: person, decidedBy: person };
      await tx.periodReopening.create({ data: { id, month: new Date('2025-12-01'), reason: 'r', status: 'rejected', ...people, decidedAt: new Date() } });
      return at('period_reopening', id, 'decided_by = prepared_by', 'decided_by ≠ prepared_by');
    },
  ],
  'approval.given': [
    async (tx) => {
      await tx.$executeRaw`DELETE FROM approval WHERE record_id = ${ledger.raising}::uuid`;
      return at('amendment', ledger.raising, 'approval none', 'approval complete');
    },
    async (tx) => {
      const { preparedBy } = await tx.disbursement.findUniqueOrThrow({ where: { id: ledger.payment } });
      await change(tx, 'approval', `record_id = '${ledger.payment}'`, `on_behalf_of = '${preparedBy}'`);
      return at('disbursement', ledger.payment, 'approval preparer');
    },
    async (tx) => {
      const { id, decidedBy } = await tx.reversal.findFirstOrThrow({ where: { disbursementId: ledger.undone } });
      await tx.approval.create({ data: { id: newId(), kind: 'reversal', recordId: id, approverId: newId(), onBehalfOf: decidedBy } });
      return at('reversal', id, 'approval repeated');
    },
    async (tx) => {
      // 50,000.00 EUR are 59,000.00 USD; nothing else of the state comes near.
      await tx.approvalLimit.create({ data: { id: newId(), state: 'BFA', usdMinor: 5_899_999n, reason: 'r', setBy: newId(), setAt: new Date(0) } });
      return at('disbursement', ledger.payment, 'approval one of two');
    },
  ],
  'evidence.audited': [
    async (tx) => {
      await change(tx, 'evidence_document', ledger.evidence, `sha256 = '${'b'.repeat(64)}'`);
      const facts = (digit: string) => `${ledger.commitment} application/pdf 1000 ${digit.repeat(64)}`;
      return at('evidence_document', ledger.evidence, facts('b'), facts('a'));
    },
    async (tx) => {
      await change(tx, 'evidence_document', ledger.evidence, `commitment_id = '${ledger.imported}'`);
      return at('evidence_document', ledger.evidence);
    },
    async (tx) => {
      await change(tx, 'evidence_document', ledger.evidence, `withdrawn_by = uploaded_by, withdrawn_at = now(), withdrawal_reason = 'r'`);
      return at('evidence_document', ledger.evidence);
    },
    async (tx) => {
      const id = newId();
      await tx.evidenceDocument.create({ data: { id, commitmentId: ledger.imported, name: 'a.pdf', mediaType: 'image/png', sizeBytes: 1, sha256: 'c'.repeat(64), scan: 'clean', uploadedBy: newId() } });
      return at('evidence_document', id, `${ledger.imported} image/png 1 ${'c'.repeat(64)}`, '–');
    },
  ],
  'source.current': [
    async (tx) => {
      await write(tx).sourceFlow('103', 2, 'closed');
      return at('source_flow', 'fts 103 2', `pledge ${ledger.unconverted}`, '–');
    },
    async (tx) => {
      await write(tx).sourceFlow('102', 3, 'posted', { pledgeId: ledger.closed });
      return at('source_flow', 'fts 102 3', '–', `pledge ${ledger.closed}`);
    },
    async (tx) => {
      await tx.$executeRaw`DELETE FROM source_flow WHERE external_id = '103'`;
      return at('pledge', ledger.unconverted, 'source_flow –', 'source_flow 103');
    },
  ],
  'source.once': [
    async (tx) => {
      await drop(tx, 'commitment_source_once');
      await write(tx).commitment({ minor: 10n, on: '2026-01-15', externalId: '101' });
      return at('commitment', ledger.imported, 'fts 101 × 2', 'fts 101 × 1');
    },
  ],
  'source.amount': [
    async (tx) => {
      await change(tx, 'source_flow', `external_id = '101'`, `content = '{"amountUsd":"58.1"}'`);
      return at('source_flow', 'fts 101 1', '58.12 USD', '58.10 USD');
    },
  ],
  'database.triggers': [
    async (tx) => {
      await tx.$executeRaw`ALTER TABLE fx_rate DISABLE TRIGGER fx_rate_append_only`;
      return at('pg_trigger', 'fx_rate_append_only', '–');
    },
    async (tx) => {
      await tx.$executeRaw`DROP TRIGGER journal_entry_period ON journal_entry`;
      return at('pg_trigger', 'journal_entry_period', '–');
    },
    async (tx) => {
      await tx.$executeRaw`CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`;
      return at('pg_proc', 'refuse_change', '–', 'RAISE EXCEPTION');
    },
  ],
  'database.grants': [
    async (tx) => {
      await tx.$executeRaw`GRANT UPDATE (usd_minor) ON journal_line TO liptako_app`;
      return at('pg_class', 'journal_line', 'SELECT, INSERT, UPDATE', 'SELECT, INSERT');
    },
    async (tx) => {
      await tx.$executeRaw`GRANT DELETE ON fx_rate TO PUBLIC`;
      return at('pg_class', 'fx_rate', 'SELECT, INSERT, DELETE', 'SELECT, INSERT');
    },
  ],
};

/** What cannot break without breaking something else: an overdrawn commitment has an overdrawn cell. */
const also: Partial<Record<LedgerCheckCode, () => Breaks>> = {
  'commitment.within': () => ({ 'cell.within': [expect.objectContaining({ id: `${ledger.franc} 0` })] }),
};

describe('each check, and only it, names the corrupted row', () => {
  const cases = Object.entries(corruptions).flatMap(([code, list]) => list.map((corrupt, index) => ({ code: code as OwnCode, number: index + 1, corrupt })));
  test.each(cases)('$code $number', async ({ code, corrupt }) => {
    let named: Named | undefined;
    const breaks = await breaksAfter(async (tx) => (named = await corrupt(tx)));
    expect(breaks).toEqual({ [code]: [expect.objectContaining({ ...named })], ...also[code]?.() });
  });
});

describe('the command', () => {
  test('says in a line per check that the ledger holds', async () => {
    const { code, stdout } = await runCommand({ LIPTAKO_LANG: 'en' });
    expect(stdout).toContain('holds   pledge.posted: A pledge has exactly one entry');
    expect(stdout).toContain(`The ledger holds: ${ledgerCheckCodes.length} checks.`);
    expect(code).toBe(0);
  });

  test('names the rows and exits 1 when it does not', async () => {
    await db.commitment.update({ where: { id: ledger.franc }, data: { disbursedMinor: 1n } });
    const text = await runCommand({});
    const json = await runCommand({}, '--json');
    await db.commitment.update({ where: { id: ledger.franc }, data: { disbursedMinor: 0n } });
    expect(text.stdout).toContain(`commitment ${ledger.franc} : trouvé « 1 XOF », attendu « 0 XOF »`);
    expect(text.code).toBe(1);
    const results = JSON.parse(json.stdout) as { code: string; rows: object[] }[];
    const row = { record: 'commitment', id: ledger.franc, found: '1 XOF', expected: '0 XOF' };
    expect(results.filter(({ rows }) => rows.length > 0)).toEqual([expect.objectContaining({ code: 'commitment.disbursed', rows: [row] })]);
    expect(json.code).toBe(1);
  });
});

async function runCommand(settings: Record<string, string>, ...args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const env = { PATH: process.env.PATH, LIPTAKO_LANG: 'fr', DATABASE_URL: database.url, ...settings };
  const command = ['scripts/run.mjs', 'scripts/check-ledger.ts', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout) => resolve({ code: Number(error?.code ?? 0), stdout }));
  });
}

describe('facts are append-only', () => {
  const facts = { journal_entry: 'reason', journal_line: 'cell', audit_event: 'action', record_revision: 'data', source_flow: 'content', fx_rate: 'rate' };
  const statements = Object.entries(facts).flatMap(([table, column]) => [
    `UPDATE ${table} SET ${column} = ${column}`,
    `DELETE FROM ${table}`,
    `TRUNCATE ${table} CASCADE`,
  ]);

  beforeAll(async () => {
    await db.auditEvent.create({ data: { id: newId(), action: 'a', recordKind: 'k', recordId: 'r', detail: {} } });
  });

  test.each(statements)('%s is refused to the application and to the owner', async (statement) => {
    await expect(runAs('liptako_app', statement)).rejects.toMatchObject({ code: '42501' });
    await expect(runAs('none', statement)).rejects.toMatchObject({ code: 'LP001' });
  });
});

async function runAs(role: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`SET ROLE ${role}`);
    await client.query(statement);
  } finally {
    await client.end();
  }
}
