import { expect, test } from '@jest/globals';
import type { Reference } from '../../src/domain/reference.js';
import type { StateBrief } from '../../src/features/briefs/briefs.schema.js';
import { stateBriefDocument } from '../../src/features/briefs/state-brief.document.js';
import type { ChangeSummary } from '../../src/features/reports/entries.js';
import { renderPdf } from '../../src/features/reports/render/pdf.js';
import { readPdf } from '../support/pdf.js';

const many = <T>(count: number, of: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => of(index));
const donor = (index: number) => ({ fr: `Direction générale de l’aide humanitaire n° ${index}`, en: `Directorate-General for Humanitarian Aid no. ${index}` });
const amount = '123456789012';

/** As much as a brief can hold: more donors, sectors, late promises and changes than a page shows. */
const brief: StateBrief = {
  kind: 'state_brief', asOf: '2026-09-30T12:00:00.123456Z', currency: 'XOF', state: 'BFA', name: { fr: 'Burkina Faso', en: 'Burkina Faso' }, year: 2026, from: '2024-01-01',
  notes: { fr: many(6, () => 'Annonces, engagements et paiements sont les étapes d’une même promesse : ils ne s’additionnent jamais.'), en: many(6, () => 'Pledges, commitments and payments are the stages of one promise.') },
  total: { pledged: amount, committed: amount, paid: amount }, shared: { pledged: amount, committed: amount, paid: amount }, gaps: { notCommitted: amount, notPaid: amount },
  plan: { requirements: amount, funded: amount, gap: amount, coverage: '0.5000' },
  sectors: many(12, (index) => ({ code: String(index), name: { fr: `Sécurité alimentaire et nutrition ${index}`, en: `Food security and nutrition ${index}` }, requirements: amount, funded: '61728394506', gap: '61728394506', coverage: '0.5000' })),
  donors: many(20, (index) => ({ name: donor(index), pledged: amount, committed: amount, paid: amount })),
  months: many(12, (index) => ({ month: `2026-${String(index + 1).padStart(2, '0')}`, committed: amount, paid: amount })),
  late: { total: amount, promises: many(9, (index) => ({ donor: donor(index), reference: `PL-2026-00${index}`, overdue: amount, dueOn: '2026-03-31', daysLate: 183 })) },
  silent: { days: 180, total: amount, commitments: many(9, (index) => ({ donor: donor(index), reference: `CO-2026-00${index}`, committed: amount, signedOn: '2026-01-31', days: 242 })) },
  leftOut: [{ reason: 'NO_RATE', lines: 12, text: { fr: 'Non converti : aucun taux de change publié vers la devise du rapport.', en: 'Not converted: no exchange rate was published.' } }],
}; // prettier-ignore

const stage = { before: amount, after: amount, causes: { new: '1', amended: '2', reversed: '-3', restated: '4', fx: '-4' } };
const changes: ChangeSummary = {
  since: '2026-06-30T12:00:00.000000Z',
  currency: 'XOF',
  stages: { pledged: stage, committed: stage, disbursed: stage },
  entries: many(50, (index) => ({
    cause: 'restated', stage: 'disbursement', reference: `DI-2026-00${index}`, donor: donor(index), valueDate: '2026-07-01', recordedAt: '2026-07-02T08:00:00.000000Z',
    amount, currency: 'XOF', effect: amount, fx: amount, reason: 'Montant saisi en euros au lieu de francs CFA ; corrigé d’après l’avis de crédit de la banque.',
  })),
  entriesInAll: 312,
}; // prettier-ignore

test.each(['fr', 'en'] as const)('the fullest brief of a state fits on one page in %s', async (language) => {
  const document = stateBriefDocument(brief, { language, changes, provenance: null, reference: {} as Reference });
  const stamp = { code: '0123456789AB', hash: 'a'.repeat(64), verifyUrl: 'https://liptako.example/verify/0123456789AB', asOf: brief.asOf, codeVersion: '1.0.0' };
  const pdf = await readPdf(await renderPdf(document, null, stamp));
  expect(pdf.pages).toBe(1);
  expect(pdf.text.replaceAll(/\s+/g, ' ')).toContain(language === 'fr' ? 'Qui est en retard' : 'Who is late');
});
