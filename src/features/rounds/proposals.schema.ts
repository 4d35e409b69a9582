import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema, textSchema } from '../../http/text.js';
import { idSchema, moneySchema, splitsSchema, versionField } from '../../http/wire.js';
import { proposalSorts } from './proposals.store.js';

const statuses = ['draft', 'submitted', 'awarded', 'declined', 'withdrawn'] as const;

const changeable = {
  partnerId: idSchema.describe('Organisation that asks.'),
  title: textSchema(300).describe('Title of the project.'),
  requested: moneySchema.describe('What is asked, in the fund’s currency.'),
  splits: splitsSchema,
  description: z.string().trim().min(1).max(5000).describe('What the money is for, in words.'),
};

export const newProposalBody = z
  .strictObject({ roundId: idSchema.describe('Allocation round that is asked.'), ...changeable, splits: splitsSchema.default({}) })
  .meta({ id: 'ProposalInput' });

export const proposalPatchBody = z.strictObject(changeable).partial().meta({ id: 'ProposalPatch' });

const person = z.uuid().nullable();
const moment = z.iso.datetime().nullable();

export const proposalSchema = z
  .object({
    id: idSchema,
    reference: z.string().describe('Number to quote, such as PRO-2026-000042.'),
    roundId: idSchema,
    fundId: idSchema,
    ...changeable,
    countries: z.array(z.string()).describe('Every state that it touches, ISO 3166-1 alpha-3.'),
    status: z.enum(statuses).describe('Awarded by an approved allocation, which is a fund operation.'),
    preparedBy: z.uuid().describe('Who wrote it, or changed it last.'),
    preparedAt: z.iso.datetime(),
    submittedBy: person,
    submittedAt: moment,
    decidedBy: person.describe('Who declined, withdrew or awarded it.'),
    decidedAt: moment,
    decisionReason: z.string().nullable(),
    version: versionField,
  })
  .meta({ id: 'Proposal' });

export const proposalPageSchema = pageSchema(proposalSchema).meta({ id: 'ProposalPage' });
export const proposalQuery = z.strictObject({
  ...pageQuery(proposalSorts, '-recordedAt'),
  roundId: idSchema.optional().describe('Only of this round.'),
  fundId: idSchema.optional().describe('Only to this pooled fund.'),
  partnerId: idSchema.optional().describe('Only of this organisation.'),
  country: iso3Schema.optional().describe('Only those that touch this state.'),
  status: z.enum(statuses).optional().describe('Only in this state.'),
});
