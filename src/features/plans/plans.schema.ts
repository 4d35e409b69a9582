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
  category: textSchema(200).nullable().describe('What kind of plan its source says it is, such as “Flash appeal”.'),
  sectors: z.array(codeSchema).max(100).describe('Sectors it covers, by code of /v1/reference/sectors.'),
  beneficiaryGroups: z.array(codeSchema).max(100).describe('Beneficiary groups it is for, by code of /v1/reference/beneficiary-groups.'),
};

export const newPlanBody = z.strictObject({
  ...fields,
  ftsId: fields.ftsId.default(null),
  year: fields.year.default(null),
  startsOn: fields.startsOn.default(null),
  endsOn: fields.endsOn.default(null),
  category: fields.category.default(null),
  sectors: fields.sectors.default([]),
  beneficiaryGroups: fields.beneficiaryGroups.default([]),
});

export const planPatchBody = z.strictObject(fields).partial();

const cellFields = {
  country: iso3Schema.nullable().describe('One of the plan’s states; null for all of them.'),
  sector: codeSchema.nullable().describe('Sector, by code; null for all of them.'),
  beneficiaryGroup: codeSchema.nullable().describe('Beneficiary group, by code; null for all of them.'),
};
const newCellFields = {
  country: cellFields.country.default(null),
  sector: cellFields.sector.default(null),
  beneficiaryGroup: cellFields.beneficiaryGroup.default(null),
};

const kind = z.enum(['original', 'revised']);

const newPart = z
  .strictObject({ ...newCellFields, amount: z.string().min(1).max(40).describe('Decimal number with a point, in the currency of the whole.') })
  .refine(({ country, sector, beneficiaryGroup }) => country !== null || sector !== null || beneficiaryGroup !== null, { error: 'required', path: ['country'] })
  .meta({ id: 'RequirementPartInput' });

export const newRequirementBody = z.strictObject({
  kind: kind.default('revised').describe('“original” as first published, or “revised”.'),
  amount: moneySchema.describe('Funds required.'),
  asOf: daySchema.describe('Day the figure was published; not in the future.'),
  source: textSchema(300).describe('Where it was published.'),
  parts: z.array(newPart).max(2000).default([]).describe('What it is made of, by state, sector or beneficiary group; the parts of one dimension never exceed the whole.'),
});

export const requirementSchema = z
  .object({
    id: idSchema,
    kind: kind.describe('“original” as first published, or “revised”.'),
    amount: moneySchema.describe('Funds required.'),
    asOf: daySchema.describe('Day the figure was published.'),
    source: z.string().describe('Where it was published.'),
    parts: z.array(z.object({ ...cellFields, amount: moneySchema })).describe('What it is made of.'),
    recordedAt: momentSchema.describe('When it was recorded.'),
  })
  .meta({ id: 'PlanRequirement' });

const people = (what: string) => z.int().min(0).max(10_000_000_000).nullable().describe(what);
const figures = { inNeed: people('People in need.'), targeted: people('People targeted.'), reached: people('People reached.') };

export const newCaseloadBody = z
  .strictObject({
    ...newCellFields,
    inNeed: figures.inNeed.default(null),
    targeted: figures.targeted.default(null),
    reached: figures.reached.default(null),
    asOf: daySchema.describe('Day the figures were published; not in the future.'),
    source: textSchema(300).describe('Where they were published.'),
  })
  .refine(({ inNeed, targeted, reached }) => inNeed !== null || targeted !== null || reached !== null, { error: 'required', path: ['inNeed'] })
  .meta({ id: 'PlanCaseloadInput' });

export const caseloadSchema = z
  .object({
    id: idSchema,
    ...cellFields,
    ...figures,
    asOf: daySchema.describe('Day the figures were published.'),
    source: z.string().describe('Where they were published.'),
    recordedAt: momentSchema.describe('When they were recorded.'),
  })
  .meta({ id: 'PlanCaseload' });

const publishedSchema = z
  .object({
    source: z.string().describe('Who publishes it, such as FTS.'),
    country: z.string().describe('State, ISO 3166-1 alpha-3.'),
    year: z.int().describe('Year.'),
    requirements: moneySchema.nullable().describe('Funds required, as published.'),
    funding: moneySchema.nullable().describe('Funding, as published; never added to ours.'),
    percent: z.int().nullable().describe('Whole per cent, as published.'),
    asOf: daySchema.describe('Day it was published.'),
  })
  .meta({ id: 'PublishedPlanFunding' });

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
  category: z.string().nullable().describe('What kind of plan its source says it is.'),
  sectors: z.array(z.string()).describe('Sectors it covers, by code.'),
  beneficiaryGroups: z.array(z.string()).describe('Beneficiary groups it is for, by code.'),
  recordedAt: momentSchema.describe('When it was recorded.'),
  version: versionField,
};

export const planSummarySchema = z
  .object({ ...planShape, requirement: requirementSchema.nullable().describe('The current figure: the latest recorded revision, else the original; null while there is none.') })
  .meta({ id: 'ResponsePlanSummary' });

export const planSchema = z
  .object({
    ...planShape,
    original: requirementSchema.nullable().describe('The figure marked as the original, else the first recorded; null while there is none.'),
    current: requirementSchema.nullable().describe('The latest recorded revision, else the original; null while there is none.'),
    requirements: z.array(requirementSchema).describe('Every figure recorded, the latest first.'),
    caseloads: z.array(caseloadSchema).describe('People in need, targeted and reached: the latest recorded of each cell.'),
    published: z.array(publishedSchema).describe('What sources publish of the plan: the latest of each source, state and year.'),
  })
  .meta({ id: 'ResponsePlan' });

export const planPageSchema = pageSchema(planSummarySchema).meta({ id: 'ResponsePlanPage' });

export const planQuery = z.strictObject({
  ...pageQuery(planSorts, 'code'),
  country: iso3Schema.optional().describe('Only plans for this state.'),
  year: z.string().regex(/^\d{4}$/).transform(Number).optional().describe('Only plans of this year.'),
});

export const planMomentQuery = z.strictObject({
  asOf: momentSchema.optional().describe('Requirements, people and published funding as they were known at this moment; now when left out.'),
});
