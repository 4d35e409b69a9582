import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { userSchema } from '../users/users.schema.js';
import { loginBody, sessionSchema } from './auth.schema.js';
import { getMe, login } from './auth.service.js';

const tag = 'Auth';

/** Signing in, and who one is. */
export const authEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'login',
    tag,
    summary: 'Sign in',
    description: 'Gives an access token. Send it with every other request, and ask for a new one when it expires.',
    access: 'public',
    transaction: false,
    body: loginBody,
    success: { status: 200, description: 'Signed in.', schema: sessionSchema },
    problems: ['BAD_CREDENTIALS'],
    handler: async (context, { body }) => ({ status: 200, body: await login(context, body), headers: { 'cache-control': 'no-store' } }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/me',
    operationId: 'getMe',
    tag,
    summary: 'My own account',
    access: 'signed-in',
    success: { status: 200, description: 'The signed-in user.', schema: userSchema },
    handler: async (context) => ok(await getMe(context)),
  }),
];
