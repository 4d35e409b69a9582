import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { newUserBody, userPageSchema, userPatchBody, userQuery, userSchema } from './users.schema.js';
import { createUser, getUser, listUsers, updateUser } from './users.service.js';

const tag = 'Users';
const access = 'user:manage';

/** Accounts and their roles. */
export const userEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users',
    operationId: 'listUsers',
    tag,
    summary: 'List the accounts',
    access,
    query: userQuery,
    success: { status: 200, description: 'A page of accounts.', schema: userPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listUsers(context, query)),
  }),
  // Takes no Idempotency-Key: a key keeps a plain hash of the body, and this body holds a password. The e-mail is unique anyway.
  defineEndpoint({
    method: 'post',
    path: '/v1/users',
    operationId: 'createUser',
    tag,
    summary: 'Open an account',
    access,
    body: newUserBody,
    success: { status: 201, description: 'The account.', schema: userSchema },
    problems: ['DUPLICATE', 'CODE_UNKNOWN', 'CODE_REPEATED', 'ALREADY_MERGED', 'DONOR_WITHOUT_ORGANISATION'],
    handler: async (context, { body }) => {
      const user = await createUser(context, body);
      return created(user, `/v1/users/${user.id}`);
    },
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{id}',
    operationId: 'getUser',
    tag,
    summary: 'One account',
    access,
    params: idParams,
    success: { status: 200, description: 'The account.', schema: userSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getUser(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/users/{id}',
    operationId: 'updateUser',
    tag,
    summary: 'Change an account',
    description: 'Absent fields stay unchanged. The last active administrator can neither be closed nor lose the role.',
    access,
    params: idParams,
    body: userPatchBody,
    success: { status: 200, description: 'The account after the change.', schema: userSchema },
    problems: ['NOT_FOUND', 'CODE_UNKNOWN', 'CODE_REPEATED', 'ALREADY_MERGED', 'DONOR_WITHOUT_ORGANISATION', 'LAST_ADMINISTRATOR'],
    handler: async (context, { params, body }) => ok(await updateUser(context, params.id, body)),
  }),
];
