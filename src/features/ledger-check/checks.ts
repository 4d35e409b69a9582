import type { LedgerCheckCode } from '../../i18n/ledger-checks.js';
import { bySql, type LedgerCheck } from './check.js';
import { checkConversions } from './conversions.js';
import * as database from './database-checks.js';
import * as journal from './journal-checks.js';
import * as records from './record-checks.js';

/** Every check of the ledger; one without a sentence in both languages does not compile, nor a sentence without a check. */
export const checks: Readonly<Record<LedgerCheckCode, LedgerCheck>> = {
  'pledge.posted': bySql(records.pledgePosted),
  'commitment.posted': bySql(records.commitmentPosted),
  'amendment.posted': bySql(records.amendmentPosted),
  'disbursement.posted': bySql(records.disbursementPosted),
  'commitment.current': bySql(records.commitmentCurrent),
  'commitment.disbursed': bySql(records.commitmentDisbursed),
  'pledge.committed': bySql(records.pledgeCommitted),
  'pledge.within': bySql(records.pledgeWithin),
  'commitment.within': bySql(records.commitmentWithin),
  'cell.within': bySql(journal.cellWithin),
  'child.currency': bySql(records.childCurrency),
  'child.date': bySql(records.childDate),
  'commitment.donor': bySql(records.commitmentDonor),
  'pledge.instalments': bySql(records.pledgeInstalments),
  'splits.whole': bySql(records.splitsWhole),
  'splits.countries': bySql(records.splitsCountries),
  'entry.subject': bySql(journal.entrySubject),
  'entry.lines': bySql(journal.entryLines),
  'entry.conversion': checkConversions,
  'entry.date': bySql(journal.entryDate),
  'entry.recorded': bySql(journal.entryRecorded),
  'line.entry': bySql(journal.lineEntry),
  'line.terms': bySql(journal.lineTerms),
  'cell.codes': bySql(journal.cellCodes),
  'rate.published': bySql(journal.ratePublished),
  'rate.date': bySql(journal.rateDate),
  'reversal.mirror': bySql(journal.reversalMirror),
  'reversal.lines': bySql(journal.reversalLines),
  'reversal.once': bySql(journal.reversalOnce),
  'reversal.original': bySql(journal.reversalOriginal),
  'reversal.request': bySql(records.reversalRequest),
  'approval.decided': bySql(records.approvalDecided),
  'approval.four-eyes': bySql(records.approvalFourEyes),
  'source.current': bySql(records.sourceCurrent),
  'source.once': bySql(records.sourceOnce),
  'source.amount': bySql(journal.sourceAmount),
  'database.triggers': bySql(database.databaseTriggers),
  'database.grants': bySql(database.databaseGrants),
};
