import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema, textSchema } from '../../http/text.js';
import { booleanQuery, idSchema, momentSchema, versionField } from '../../http/wire.js';
import { organisationSorts } from './organisations.store.js';

export const organisationRoles = ['donor', 'fund_administrator', 'implementer', 'ministry', 'social_protection_body'] as const;
const roleSchema = z.enum(organisationRoles);
const typeSchema = z.string().regex(/^\d{2}$/).describe('IATI organisation type, of /v1/reference/organisation-types.').meta({ example: '40' });

const identifierSchema = z
  .strictObject({
    system: textSchema(40).describe('Who calls it so, e.g. "fts" or "iati".'),
    value: textSchema(200).describe('The identifier in that system.'),
  })
  .meta({ id: 'OrganisationIdentifier' });

const fields = {
  name: textSchema(300).describe('Name as the organisation writes it.'),
  nameFr: textSchema(300).nullable().describe('French name, where it differs.'),
  nameEn: textSchema(300).nullable().describe('English name, where it differs.'),
  acronym: textSchema(40).nullable().describe('Acronym.'),
  type: typeSchema,
  roles: z.array(roleSchema).max(organisationRoles.length).describe('What it does here, of /v1/reference/organisation-roles.'),
  country: iso3Schema.nullable().describe('State of its seat, ISO 3166-1 alpha-3.'),
  identifiers: z.array(identifierSchema).max(20).describe('What other systems call it; each identifier belongs to one organisation.'),
};

export const newOrganisationBody = z.strictObject({
  ...fields,
  nameFr: fields.nameFr.default(null),
  nameEn: fields.nameEn.default(null),
  acronym: fields.acronym.default(null),
  roles: fields.roles.default([]),
  country: fields.country.default(null),
  identifiers: fields.identifiers.default([]),
});

export const organisationPatchBody = z.strictObject(fields).partial();

export const mergeBody = z.strictObject({
  intoId: idSchema.describe('The organisation that is kept.'),
  reason: textSchema(500).describe('Why both are the same.'),
});

const organisationShape = {
  id: idSchema,
  name: z.string().describe('Name as the organisation writes it.'),
  nameFr: z.string().nullable().describe('French name, where it differs.'),
  nameEn: z.string().nullable().describe('English name, where it differs.'),
  acronym: z.string().nullable().describe('Acronym.'),
  type: z.string().describe('IATI organisation type.'),
  roles: z.array(roleSchema).describe('What it does here.'),
  country: z.string().nullable().describe('State of its seat, ISO 3166-1 alpha-3.'),
  mergedIntoId: idSchema.nullable().describe('The organisation that is kept in its stead; null unless it is a duplicate.'),
  recordedAt: momentSchema.describe('When it was recorded.'),
  version: versionField,
};
const detailShape = {
  ...organisationShape,
  identifiers: z.array(z.object({ system: z.string().describe('Who calls it so.'), value: z.string().describe('The identifier.') })).describe('What other systems call it.'),
  mergedFrom: z.array(idSchema).describe('The duplicates that were merged into it.'),
};
const possibleDuplicateSchema = z
  .object({
    id: idSchema,
    name: z.string().describe('Its name.'),
    acronym: z.string().nullable().describe('Its acronym.'),
    mergedIntoId: idSchema.nullable().describe('The organisation that is kept in its stead.'),
  })
  .meta({ id: 'PossibleDuplicate' });

export const organisationSchema = z.object(detailShape).meta({ id: 'Organisation' });
export const newOrganisationSchema = z
  .object({
    ...detailShape,
    possibleDuplicates: z
      .array(possibleDuplicateSchema)
      .describe('Organisations with the same name (case, accents and punctuation aside) or acronym. A warning only: nothing was merged.'),
  })
  .meta({ id: 'NewOrganisation' });
export const organisationPageSchema = pageSchema(z.object(organisationShape).meta({ id: 'OrganisationSummary' })).meta({ id: 'OrganisationPage' });

export const organisationQuery = z.strictObject({
  ...pageQuery(organisationSorts, 'name'),
  q: textSchema(200).optional().describe('Part of a name or of the acronym, in any case.'),
  role: roleSchema.optional().describe('Only those with this role.'),
  type: typeSchema.optional().describe('Only those of this IATI type.'),
  country: iso3Schema.optional().describe('Only those with their seat in this state.'),
  merged: booleanQuery.optional().describe('"true" lists the merged duplicates; otherwise only the organisations kept.'),
});
