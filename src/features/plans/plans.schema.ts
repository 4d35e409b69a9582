import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, iso3Schema, textSchema } from '../../http/text.js';
import { daySchema, idSchema, moneySchema, momentSchema, versionField } from '../../http/wire.js';
import { planSorts } from './plans.store.js';

const fields = {
  code: codeSchema,
  ftsId: z.string().regex(/^\d{1,10}$/).nullable().describe('Number of the plan in the Financial Tracking Service.'),
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  countries: z.array(iso3Schema).min(1).max(60).describe('States the plan is for.'),
  year: z.int().min(1990).max(2100).nullable().describe('Year of the plan.'),
  startsOn: daySchema.nullable().describe('First day.'),
  endsOn: daySchema.nullable().describe('Last day.'),
};

export const newPlanBody = z.strictObject({
  ...fields,
  ftsId: fields.ftsId.default(null),
  year: fields.year.default(null),
  startsOn: fields.startsOn.default(null),
  endsOn: fields.endsOn.default(null),
});

export const planPatchBody = z.strictObject(fields).partial();

export const newRequirementBody = z.strictObject({
  amount: moneySchema.describe('Funds required.'),
  asOf: daySchema.describe('Day the figure was published; not in the future.'),
  source: textSchema(300).describe('Where it was published.'),
});

export const requirementSchema = z
  .object({
    id: idSchema,
    amount: moneySchema.describe('Funds required.'),
    asOf: daySchema.describe('Day the figure was published.'),
    source: z.string().describe('Where it was published.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
  })
  .meta({ id: 'PlanRequirement' });

const planShape = {
  id: idSchema,
  code: z.string().describe('Its code; FTS-<number> until a better one is known.'),
  ftsId: z.string().nullable().describe('Number of the plan in the Financial Tracking Service.'),
  nameFr: z.string().describe('French name.'),
  nameEn: z.string().describe('English name.'),
  countries: z.array(z.string()).describe('States the plan is for, ISO 3166-1 alpha-3.'),
  year: z.int().nullable().describe('Year of the plan.'),
  startsOn: daySchema.nullable().describe('First day.'),
  endsOn: daySchema.nullable().describe('Last day.'),
  recordedAt: momentSchema.describe('When it was recorded.'),
  version: versionField,
};

export const planSummarySchema = z
  .object({ ...planShape, requirement: requirementSchema.nullable().describe('The latest recorded figure, which is current; null while there is none.') })
  .meta({ id: 'ResponsePlanSummary' });

export const planSchema = z
  .object({ ...planShape, requirements: z.array(requirementSchema).describe('Every figure recorded, the latest first; the first is current.') })
  .meta({ id: 'ResponsePlan' });

export const planPageSchema = pageSchema(planSummarySchema).meta({ id: 'ResponsePlanPage' });

export const planQuery = z.strictObject({
  ...pageQuery(planSorts, 'code'),
  country: iso3Schema.optional().describe('Only plans for this state.'),
  year: z.string().regex(/^\d{4}$/).transform(Number).optional().describe('Only plans of this year.'),
});
