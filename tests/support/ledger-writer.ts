import { fromDay } from '../../src/domain/days.js';
import { convertLowering, convertToReporting, type EntryDraft, linesByBalance, linesBySplits } from '../../src/domain/posting.js';
import type { Exponents } from '../../src/domain/money.js';
import type { Splits } from '../../src/domain/splits.js';
import { recordAudit } from '../../src/features/audit/audit.store.js';
import { nextReference } from '../../src/features/flows/flows.store.js';
import { lineTermsOf } from '../../src/features/flows/terms.js';
import { loadRateBook } from '../../src/features/fx/fx.store.js';
import { bookedAmounts, cellBalances, postEntries, reverseEntries } from '../../src/features/journal/journal.store.js';
import type { Commitment, DisbursementStatus, Pledge, Tx } from '../../src/platform/db.js';
import { newId } from '../../src/platform/ids.js';

interface Amount {
  readonly minor: bigint;
  readonly currency?: string;
  readonly on: string;
  readonly splits?: Splits;
  /** Identifier in FTS. */
  readonly externalId?: string;
  /** As the source reports it. */
  readonly usdMinor?: bigint;
}

/** Writes records with their entries as the services do, but without their checks. */
export class LedgerWriter {
  readonly officer = newId();
  readonly approver = newId();

  constructor(
    private readonly tx: Tx,
    private readonly exponents: Exponents,
    private readonly donorId: string,
  ) {}

  async pledge(amount: Amount, instalments: readonly bigint[] = []): Promise<string> {
    const id = newId();
    const { minor: amountMinor, on } = amount;
    const row = await this.tx.pledge.create({
      data: {
        ...this.terms(id, amount),
        reference: await nextReference(this.tx, 'ANN', on),
        amountMinor,
        instalments: { create: instalments.map((minor, index) => ({ number: index + 1, dueOn: fromDay(on), amountMinor: minor })) },
      },
    });
    const converted = await this.convert(amount, row.currency);
    await this.audit('pledge', id, 'create');
    await this.post(row, on, { kind: 'pledge', stage: 'pledge', pledgeId: id, amountMinor, converted, lines: linesBySplits(amount.splits ?? {}, amountMinor, converted) });
    return id;
  }

  async commitment(amount: Amount, pledgeId: string | null = null): Promise<string> {
    const id = newId();
    const { minor: amountMinor, on } = amount;
    const row = await this.tx.commitment.create({
      data: { ...this.terms(id, amount), reference: await nextReference(this.tx, 'ENG', on), pledgeId, amountMinor, currentMinor: amountMinor },
    });
    if (pledgeId !== null) await this.tx.pledge.update({ where: { id: pledgeId }, data: { committedMinor: { increment: amountMinor } } });
    const converted = await this.convert(amount, row.currency);
    const lines = linesBySplits(amount.splits ?? {}, amountMinor, converted);
    await this.audit('commitment', id, 'create');
    await this.post(row, on, { kind: 'commitment', stage: 'commitment', pledgeId, commitmentId: id, amountMinor, converted, lines });
    return id;
  }

  async amendment(commitmentId: string, deltaMinor: bigint, on: string): Promise<string> {
    const { tx } = this;
    const row = await tx.commitment.findUniqueOrThrow({ where: { id: commitmentId } });
    const id = newId();
    await tx.amendment.create({
      data: { id, commitmentId, deltaMinor, valueDate: fromDay(on), reason: 'r', status: 'approved', preparedBy: this.officer, decidedBy: this.approver },
    });
    const converted = deltaMinor < 0n ? convertLowering(deltaMinor, await bookedAmounts(tx, commitmentId)) : await this.convert({ minor: deltaMinor, on }, row.currency);
    const lines = deltaMinor < 0n ? linesByBalance(await cellBalances(tx, commitmentId), deltaMinor, converted) : linesBySplits(row.splits as Splits, deltaMinor, converted);
    await tx.commitment.update({ where: { id: commitmentId }, data: { currentMinor: { increment: deltaMinor } } });
    if (row.pledgeId !== null) await tx.pledge.update({ where: { id: row.pledgeId }, data: { committedMinor: { increment: deltaMinor } } });
    const ids = { pledgeId: row.pledgeId, commitmentId, amendmentId: id };
    await this.audit('amendment', id, 'request', 'approved');
    await this.approval('amendment', id);
    await this.post(row, on, { kind: 'amendment', stage: 'commitment', ...ids, amountMinor: deltaMinor, converted, lines });
    return id;
  }

  async disbursement(commitmentId: string, amount: Amount, status: DisbursementStatus = 'approved'): Promise<string> {
    const { tx } = this;
    const row = await tx.commitment.findUniqueOrThrow({ where: { id: commitmentId } });
    const id = newId();
    const decided = status === 'draft' ? {} : { submittedBy: this.officer, decidedBy: this.approver };
    await tx.disbursement.create({
      data: {
        id,
        reference: await nextReference(tx, 'DEC', amount.on),
        commitmentId,
        amountMinor: amount.minor,
        currency: amount.currency ?? row.currency,
        valueDate: fromDay(amount.on),
        description: 'd',
        status,
        preparedBy: this.officer,
        ...decided,
        ...sourceOf(amount),
      },
    });
    await this.audit('disbursement', id, 'create', ...(status === 'draft' ? [] : ['approve']));
    if (status === 'draft') return id;
    if (amount.externalId === undefined) await this.approval('disbursement', id);
    const converted = await this.convert(amount, amount.currency ?? row.currency);
    const lines = linesByBalance(await cellBalances(tx, commitmentId), amount.minor, converted);
    await tx.commitment.update({ where: { id: commitmentId }, data: { disbursedMinor: { increment: amount.minor } } });
    const ids = { pledgeId: row.pledgeId, commitmentId, disbursementId: id };
    await this.post({ ...row, currency: amount.currency ?? row.currency }, amount.on, { kind: 'disbursement', stage: 'disbursement', ...ids, amountMinor: amount.minor, converted, lines });
    return id;
  }

  /** Undoes a record; without a request, as an import does. */
  async reverse(stage: 'pledge' | 'commitment' | 'disbursement', id: string, requested = true): Promise<void> {
    const { tx } = this;
    const people = { preparedBy: this.officer, decidedBy: this.approver };
    if (requested) {
      const request = await tx.reversal.create({ data: { id: newId(), stage, [`${stage}Id`]: id, reason: 'r', status: 'approved', ...people } });
      await this.audit('reversal', request.id, 'request', 'approved');
      await this.approval('reversal', request.id);
    }
    await reverseEntries(tx, stage, [id], { recordedBy: this.approver, reason: 'r', importId: null });
    if (stage === 'pledge') await tx.pledge.update({ where: { id }, data: { status: 'reversed' } });
    if (stage === 'commitment') {
      const { pledgeId, currentMinor } = await tx.commitment.update({ where: { id }, data: { status: 'reversed' } });
      if (pledgeId !== null) await tx.pledge.update({ where: { id: pledgeId }, data: { committedMinor: { decrement: currentMinor } } });
    }
    if (stage === 'disbursement') {
      const { commitmentId, amountMinor } = await tx.disbursement.update({ where: { id }, data: { status: 'reversed' } });
      await tx.commitment.update({ where: { id: commitmentId }, data: { disbursedMinor: { decrement: amountMinor } } });
    }
  }

  async sourceFlow(externalId: string, seq: number, outcome: 'posted' | 'closed', { amountUsd, ...ids }: { amountUsd?: string; pledgeId?: string; commitmentId?: string; disbursementId?: string } = {}) {
    const fixed = { sourceSystem: 'fts', contentHash: `${externalId} ${seq}`, content: amountUsd === undefined ? {} : { amountUsd }, importId: newId(), recordedAt: new Date() };
    await this.tx.sourceFlow.create({ data: { ...fixed, externalId, seq, outcome, ...ids } });
  }

  async evidence(commitmentId: string): Promise<string> {
    const id = newId();
    const facts = { commitmentId, mediaType: 'application/pdf', sizeBytes: 1_000, sha256: 'a'.repeat(64), scan: 'clean' };
    await this.tx.evidenceDocument.create({ data: { id, name: 'a.pdf', uploadedBy: this.officer, ...facts } });
    await recordAudit({ db: this.tx, actor: { userId: this.officer }, requestId: 'r' }, 'evidence.upload', { kind: 'evidence', id }, { after: facts });
    return id;
  }

  private terms(id: string, amount: Amount) {
    const countries = (amount.splits?.country ?? []).map(({ code }) => code);
    return {
      id,
      donorId: this.donorId,
      mechanism: 'bilateral_grant',
      contributionType: 'financial',
      destinationKind: 'unspecified',
      splits: (amount.splits ?? {}) as object,
      countries,
      currency: amount.currency ?? 'EUR',
      valueDate: fromDay(amount.on),
      description: 'd',
      recordedBy: this.officer,
      ...sourceOf(amount),
    } as const;
  }

  private async convert(amount: Amount, currency: string) {
    return convertToReporting(amount.minor, currency, await loadRateBook(this.tx, [currency], amount.on), this.exponents, amount.usdMinor);
  }

  private async approval(kind: 'amendment' | 'disbursement' | 'reversal', recordId: string) {
    await this.tx.approval.create({ data: { id: newId(), kind, recordId, approverId: this.approver } });
  }

  /** The first act is the officer's, the second the approver's. */
  private async audit(kind: string, id: string, ...acts: readonly string[]) {
    for (const [index, act] of acts.entries()) {
      const context = { db: this.tx, actor: { userId: index === 0 ? this.officer : this.approver }, requestId: 'r', origin: { address: '192.0.2.1', agent: null } };
      await recordAudit(context, `${kind}.${act}`, { kind, id });
    }
  }

  private async post(row: Pledge | Commitment, valueDate: string, draft: Partial<EntryDraft> & Pick<EntryDraft, 'kind' | 'stage' | 'amountMinor' | 'converted' | 'lines'>) {
    const none = { pledgeId: null, commitmentId: null, disbursementId: null, amendmentId: null, importId: null, reason: null };
    await postEntries(this.tx, [{ ...none, id: newId(), valueDate, currency: row.currency, terms: lineTermsOf(row, null), ...draft }], this.officer);
  }
}

function sourceOf({ externalId }: Amount) {
  return externalId === undefined ? {} : { sourceSystem: 'fts', externalId };
}
