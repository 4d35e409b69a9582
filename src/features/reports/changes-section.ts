import type { Language } from '../../i18n/language.js';
import type { Section } from './document.js';
import type { ChangeSummary } from './entries.js';

/** What changed, as a section. */
export function changesSection(_changes: ChangeSummary, _language: Language): Section {
  throw new Error('being written');
}
