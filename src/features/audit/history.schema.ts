import { z } from 'zod';
import { pageBounds, pageSchema } from '../../http/paging.js';

export const historyQuery = z.strictObject(pageBounds);
export type HistoryQuery = z.output<typeof historyQuery>;

const personSchema = z.object({
  id: z.uuid().nullable().describe('The user; null for readers from outside the administration.'),
  name: z.string().nullable().describe('Their name; null for readers from outside the administration, and once erased.'),
  role: z.string().describe('What they are, in words.'),
});

const changeSchema = z.object({
  field: z.string().describe('The field.'),
  label: z.string().describe('The field in words.'),
  before: z.string().nullable().describe('What it was; null where it was empty.'),
  after: z.string().nullable().describe('What it is from then on.'),
});

const historyEventAnswer = z
  .object({
    id: z.uuid().describe('The event of the audit trail.'),
    at: z.string().describe('When, UTC.'),
    actor: personSchema.nullable().describe('Who acted.'),
    onBehalfOf: personSchema.nullable().describe('The absent approver for whom they decided.'),
    action: z.string().describe('The act, such as "disbursement.approve".'),
    sentence: z.string().describe('The act in words.'),
    record: z.object({ kind: z.string().describe('Kind of the record.'), id: z.string().describe('Its identifier.') }).describe('The record itself, or what hangs on it.'),
    changes: z.array(changeSchema).describe('What changed.'),
    reason: z.string().nullable().describe('Why, in the words of who acted.'),
  })
  .meta({ id: 'HistoryEvent' });

export const historyPage = pageSchema(historyEventAnswer).meta({ id: 'HistoryPage' });
export type HistoryEventAnswer = z.input<typeof historyEventAnswer>;
