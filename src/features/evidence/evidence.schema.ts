import { z } from 'zod';
import { idColumn, pageQuery, pageSchema } from '../../http/paging.js';
import { textSchema } from '../../http/text.js';
import { versionField } from '../../http/wire.js';
import type { EvidenceDocument } from '../../platform/db.js';
import { stages } from './evidence.store.js';

export const uploadBody = z
  .strictObject({
    files: z
      .array(z.string().meta({ format: 'binary' }))
      .optional()
      .describe('One to five documents: PDF, PNG, JPEG, WebP, or an Excel workbook (.xlsx) without macros. The content tells the type, not the name.'),
  })
  .meta({ id: 'EvidenceUpload' });

export const withdrawalBody = z.strictObject({ reason: textSchema(1000).min(3).describe('Why the document no longer proves anything.') }).meta({ id: 'EvidenceWithdrawal' });

export const evidenceAnswer = z
  .object({
    id: z.uuid(),
    stage: z.enum(stages).describe('What kind of record it proves.'),
    recordId: z.uuid().describe('The pledge, commitment or disbursement.'),
    restricted: z.boolean().describe('Whether the flow is restricted.'),
    name: z.string().describe('A safe name, with the extension of the type found.'),
    mediaType: z.string(),
    sizeBytes: z.int(),
    sha256: z.string().describe('Of the content, 64 hexadecimal digits.'),
    scan: z.enum(['clean', 'not_scanned']).describe('"clean": the virus scanner found nothing. "not_scanned": none was set up.'),
    uploadedBy: z.uuid(),
    uploadedAt: z.iso.datetime(),
    withdrawn: z
      .object({ by: z.uuid(), at: z.iso.datetime(), reason: z.string() })
      .nullable()
      .describe('Null as long as it stands. The content of a withdrawn document is for administrators and auditors only.'),
    version: versionField,
  })
  .meta({ id: 'Evidence' });
export type EvidenceAnswer = z.input<typeof evidenceAnswer>;

export const uploadAnswer = z.object({ items: z.array(evidenceAnswer).describe('The documents, in the order in which they were sent.') });

export const evidenceSorts = { recordedAt: idColumn<EvidenceDocument>() };
export const evidenceQuery = z.strictObject(pageQuery(evidenceSorts, 'recordedAt'));
export type EvidenceQuery = z.output<typeof evidenceQuery>;
export const evidencePage = pageSchema(evidenceAnswer);
