import { z } from 'zod';
import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { emptyBody } from '../flows/decision.schema.js';
import { idParams } from '../../http/wire.js';
import { getMyPersonalData, getPersonalData, updateMe } from './me.service.js';
import { mePatchBody, newUserBody, userPageSchema, userPatchBody, userQuery, userReasonBody, userSchema } from './users.schema.js';
import { createUser, eraseUser, getUser, inviteAgain, listUsers, reactivateUser, resetPassword, resetSecondFactor, suspendUser, updateUser } from './users.service.js';

const tag = 'Users';
const access = 'user:manage';
const personalDataSchema = z.looseObject({ account: userSchema }).meta({ id: 'PersonalData' });

/** Accounts, their roles and scopes, and what is kept about a person. */
export const userEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/users',
    operationId: 'listUsers',
    tag,
    summary: 'List the accounts',
    access,
    audits: 'users.read',
    query: userQuery,
    success: { status: 200, description: 'A page of accounts.', schema: userPageSchema },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listUsers(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/users',
    operationId: 'createUser',
    tag,
    summary: 'Open an account and invite the person',
    description: 'The person gets a link by mail, chooses a password, and sets up a second factor where a role asks for one.',
    access,
    body: newUserBody,
    idempotent: true,
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
    audits: 'user.read',
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
    description:
      'Absent fields stay unchanged; new rights hold from the next request on. Nobody changes the own rights, and the last active administrator keeps the role.',
    access,
    edits: true,
    params: idParams,
    body: userPatchBody,
    success: { status: 200, description: 'The account after the change.', schema: userSchema },
    problems: ['NOT_FOUND', 'CODE_UNKNOWN', 'CODE_REPEATED', 'ALREADY_MERGED', 'DONOR_WITHOUT_ORGANISATION', 'LAST_ADMINISTRATOR', 'OWN_ACCOUNT', 'STATE_CONFLICT'],
    handler: async (context, { params, body }) => ok(await updateUser(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/users/{id}/invite',
    operationId: 'inviteUserAgain',
    tag,
    summary: 'Send the invitation again',
    description: 'The link sent before no longer opens.',
    access,
    edits: true,
    params: idParams,
    body: emptyBody,
    idempotent: true,
    success: { status: 200, description: 'On its way.', schema: userSchema },
    problems: ['NOT_FOUND', 'STATE_CONFLICT'],
    handler: async (context, { params }) => ok(await inviteAgain(context, params.id)),
  }),
  ...[
    { name: 'suspend', operationId: 'suspendUser', summary: 'Suspend an account', description: 'Its sessions end at once, and nobody can sign in with it.', act: suspendUser },
    { name: 'reactivate', operationId: 'reactivateUser', summary: 'Open a suspended account again', act: reactivateUser },
    { name: 'reset-password', operationId: 'resetUserPassword', summary: 'Have a new password chosen', description: 'The old one opens nothing from now on; the person gets a link by mail.', act: resetPassword },
    { name: 'reset-second-factor', operationId: 'resetUserSecondFactor', summary: 'Take a lost second factor away', description: 'The next sign-in sets up a new one.', act: resetSecondFactor },
    { name: 'erase', operationId: 'eraseUser', summary: 'Erase a person', description: 'For a suspended account: what names the person goes, in the account and in the trail; that somebody acted stays. There is no way back.', act: eraseUser },
  ].map(({ name, act, ...said }) =>
    defineEndpoint({
      method: 'post',
      path: `/v1/users/{id}/${name}`,
      tag,
      ...said,
      access,
      edits: true,
      params: idParams,
      body: userReasonBody,
      idempotent: true,
      success: { status: 200, description: 'The account afterwards.', schema: userSchema },
      problems: ['NOT_FOUND', 'STATE_CONFLICT', 'OWN_ACCOUNT', 'LAST_ADMINISTRATOR'],
      handler: async (context, { params, body }) => ok(await act(context, params.id, body.reason)),
    }),
  ),
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{id}/personal-data',
    operationId: 'getPersonalData',
    tag,
    summary: 'Everything that is kept about a person',
    access,
    params: idParams,
    success: { status: 200, description: 'To be handed over to the person.', schema: personalDataSchema },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getPersonalData(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/me',
    operationId: 'updateMe',
    tag,
    summary: 'Change my name, language, time zone, mails',
    access: 'signed-in',
    withoutSecondFactor: true,
    edits: true,
    body: mePatchBody,
    success: { status: 200, description: 'The account after the change.', schema: userSchema },
    handler: async (context, { body }) => ok(await updateMe(context, body)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/me/personal-data',
    operationId: 'getMyPersonalData',
    tag,
    summary: 'Everything that is kept about me',
    access: 'signed-in',
    success: { status: 200, description: 'Account, sessions, and what one did.', schema: personalDataSchema },
    handler: async (context) => ok(await getMyPersonalData(context)),
  }),
];
