import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import {
  mergeBody,
  newOrganisationBody,
  newOrganisationSchema,
  organisationPageSchema,
  organisationPatchBody,
  organisationQuery,
  organisationSchema,
} from './organisations.schema.js';
import { createOrganisation, getOrganisation, listOrganisations, mergeOrganisation, updateOrganisation } from './organisations.service.js';

const tag = 'Organisations';

/** Donors, fund administrators, implementing partners, ministries and social-protection bodies. */
export const organisationEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/organisations',
    operationId: 'listOrganisations',
    tag,
    summary: 'List and search organisations',
    access: 'master-data:read',
    query: organisationQuery,
    success: { status: 200, description: 'A page of organisations.', schema: organisationPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listOrganisations(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organisations',
    operationId: 'createOrganisation',
    tag,
    summary: 'Record an organisation',
    description: 'The answer names organisations it may be a duplicate of.',
    access: 'organisation:write',
    idempotent: true,
    body: newOrganisationBody,
    success: { status: 201, description: 'The organisation.', schema: newOrganisationSchema },
    problems: ['CODE_UNKNOWN', 'CODE_REPEATED', 'DUPLICATE'],
    handler: async (context, { body }) => {
      const organisation = await createOrganisation(context, body);
      return created(organisation, `/v1/organisations/${organisation.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/organisations/{id}',
    operationId: 'getOrganisation',
    tag,
    summary: 'One organisation',
    access: 'master-data:read',
    params: idParams,
    success: { status: 200, description: 'The organisation.', schema: organisationSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getOrganisation(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/organisations/{id}',
    operationId: 'updateOrganisation',
    tag,
    summary: 'Change an organisation',
    description: 'Absent fields stay unchanged, null clears; a list replaces the whole list. Earlier names stay on record.',
    access: 'organisation:write',
    edits: true,
    params: idParams,
    body: organisationPatchBody,
    success: { status: 200, description: 'The organisation after the change.', schema: organisationSchema },
    problems: ['NOT_FOUND', 'ALREADY_MERGED', 'CODE_UNKNOWN', 'CODE_REPEATED', 'DUPLICATE'],
    handler: async (context, { params, body }) => ok(await updateOrganisation(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/organisations/{id}/merge',
    operationId: 'mergeOrganisation',
    tag,
    summary: 'Merge a duplicate into the organisation that is kept',
    description:
      'The duplicate stays as a record that points to the one kept; its identifiers move there. Journal lines keep the organisation they were posted with. A merge cannot be undone. If-Match is the version of the duplicate.',
    access: 'organisation:merge',
    edits: true,
    idempotent: true,
    params: idParams,
    body: mergeBody,
    success: { status: 200, description: 'The duplicate after the merge.', schema: organisationSchema },
    problems: ['NOT_FOUND', 'CODE_UNKNOWN', 'MERGE_INTO_ITSELF', 'ALREADY_MERGED'],
    handler: async (context, { params, body }) => ok(await mergeOrganisation(context, params.id, body)),
  }),
];
