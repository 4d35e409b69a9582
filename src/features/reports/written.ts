import type { Reference } from '../../domain/reference.js';
import type { Language } from '../../i18n/language.js';
import type { ReportRun, Tx } from '../../platform/db.js';
import { changesSection } from './changes-section.js';
import type { Cell, Figure, ReportDocument } from './document.js';
import type { ChangeSummary, Provenance } from './entries.js';
import { viewOf } from './kinds.js';
import { amountText, cellText } from './render/numbers.js';
import { findArtefact } from './reports.store.js';
import type { AnyView } from './view.js';

/** What a run has computed and keeps as JSON: its figures, where they come from, what changed since the issue before. */
export type Computed = object & { readonly provenance?: Provenance | null; readonly changes?: ChangeSummary | null };

/** A computed report as people read it; what changed is shown by a brief itself, and added to the others. */
export function writeDocument(view: AnyView, computed: Computed, { language, reference }: { readonly language: Language; readonly reference: Reference }): ReportDocument {
  const { provenance = null, changes = null } = computed;
  const document = view.document(computed, { language, reference, provenance, changes });
  if (document.layout === 'page' || changes === null) return document;
  return { ...document, sections: [...document.sections, changesSection(changes, language)] };
}

/** A report that was computed, read again; null for one of an older version that lacks what it is written from now. */
export async function readDocument(tx: Tx, reference: Reference, run: ReportRun, language: Language): Promise<ReportDocument | null> {
  const artefact = await findArtefact(tx, run.id, 'json', '-');
  const view = viewOf(run.kind);
  if (!artefact || !view) return null;
  const computed = JSON.parse(artefact.content.toString()) as Computed;
  try {
    return writeDocument(view, computed, { language, reference });
  } catch {
    return null;
  }
}

/** The figures at the head of a report. */
export function headFigures({ sections }: ReportDocument): readonly Figure[] {
  const blocks = sections.flatMap((section) => section.blocks);
  return blocks.find((block) => block.type === 'figures')?.figures ?? [];
}

/** A figure as it is read by itself. */
export function figureText(language: Language, value: Cell): string {
  return value.kind === 'amount' && value.value !== null ? amountText(language, value.value, value.currency) : cellText(language, value);
}
