import { z } from 'zod';
import { defineEndpoint, type Endpoint } from '../../http/endpoint.js';
import type { Tx } from '../../platform/db.js';
import { codeListEntrySchema, countrySchema, currencySchema, mechanismSchema, regionSchema, sectorSchema } from './reference.schema.js';
import { findCodeList, findCountries, findCurrencies, findMechanisms, findRegions, findSectors } from './reference.store.js';

/** Code lists change only with a release. */
const CACHED = { 'cache-control': 'private, max-age=300' };

/** The code lists, each in one answer. */
export const referenceEndpoints: readonly Endpoint[] = [
  listEndpoint('countries', 'listCountries', 'Countries', countrySchema, findCountries),
  listEndpoint('regions', 'listRegions', 'Regions with their member and invited states over time', regionSchema, findRegions),
  listEndpoint('currencies', 'listCurrencies', 'Currencies with their number of decimals', currencySchema, findCurrencies),
  listEndpoint('sectors', 'listSectors', 'Sectors', sectorSchema, findSectors),
  listEndpoint('mechanisms', 'listMechanisms', 'Financing mechanisms with their definitions', mechanismSchema, findMechanisms),
  listEndpoint('beneficiary-groups', 'listBeneficiaryGroups', 'Beneficiary groups', codeListEntrySchema, findCodeList('beneficiary_group')),
  listEndpoint('organisation-types', 'listOrganisationTypes', 'Organisation types of IATI', codeListEntrySchema, findCodeList('organisation_type')),
  listEndpoint('contribution-types', 'listContributionTypes', 'Contribution types', codeListEntrySchema, findCodeList('contribution_type')),
  listEndpoint('earmarkings', 'listEarmarkings', 'Degrees of earmarking', codeListEntrySchema, findCodeList('earmarking')),
  listEndpoint('organisation-roles', 'listOrganisationRoles', 'Roles of organisations', codeListEntrySchema, findCodeList('organisation_role')),
];

function listEndpoint<S extends z.ZodType>(
  name: string,
  operationId: string,
  summary: string,
  item: S,
  find: (db: Tx) => Promise<z.input<S>[]>,
): Endpoint {
  return defineEndpoint({
    method: 'get',
    path: `/v1/reference/${name}`,
    operationId,
    tag: 'Reference',
    summary,
    access: 'signed-in',
    success: { status: 200, description: 'The complete list, in the order of its codes.', schema: z.object({ items: z.array(item).describe('All entries.') }) },
    handler: async ({ db }) => ({ status: 200, body: { items: await find(db) }, headers: CACHED }),
  });
}
