import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import {
  chosenPasswordSchema,
  endedSchema,
  invitationAcceptBody,
  loginBody,
  passwordResetBody,
  passwordResetConfirmBody,
  passwordResetSchema,
  refreshBody,
  sessionSchema,
} from './auth.schema.js';
import { login, refresh } from './auth.service.js';
import { acceptInvitation, confirmPasswordReset, requestPasswordReset } from './passwords.service.js';
import { logout } from './sessions.service.js';

const tag = 'Auth';
const passwordProblems = ['PASSWORD_TOO_SHORT', 'PASSWORD_TOO_LONG', 'PASSWORD_LEAKED', 'PASSWORD_GUESSABLE'] as const;

/** Signing in and out, and what one does by a link that was mailed. */
export const authEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/login',
    operationId: 'login',
    tag,
    summary: 'Sign in',
    description:
      'Gives an access token, sent with every other request, and a refresh token, exchanged for the next pair before the access token expires. After a right password, an account with a second factor also needs a code.',
    access: 'public',
    transaction: false,
    body: loginBody,
    success: { status: 200, description: 'Signed in.', schema: sessionSchema },
    problems: ['BAD_CREDENTIALS', 'SECOND_FACTOR_NEEDED', 'SECOND_FACTOR_WRONG', 'TOO_MANY_ATTEMPTS'],
    handler: async (context, { body }) => ok(await login(context, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/refresh',
    operationId: 'refreshSession',
    tag,
    summary: 'Renew the session',
    description:
      'Exchanges the refresh token for a new pair. A token used before ends the session, as somebody else may have it; only the very last one may be sent again within 30 seconds, for when its answer was lost.',
    access: 'public',
    transaction: false,
    body: refreshBody,
    success: { status: 200, description: 'The session, renewed.', schema: sessionSchema },
    problems: ['SESSION_ENDED', 'TOO_MANY_ATTEMPTS'],
    handler: async (context, { body }) => ok(await refresh(context, body.refreshToken)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/logout',
    operationId: 'logout',
    tag,
    summary: 'Sign out',
    description: 'Ends this session; its tokens are refused at once.',
    access: 'signed-in',
    withoutSecondFactor: true,
    success: { status: 200, description: 'Signed out.', schema: endedSchema },
    handler: async (context) => ok(await logout(context)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/password-reset',
    operationId: 'requestPasswordReset',
    tag,
    summary: 'Ask for a new password',
    description: 'Sends a link to the address when it is that of an account. The answer is always the same.',
    access: 'public',
    transaction: false,
    body: passwordResetBody,
    success: { status: 202, description: 'A link is on its way if there is such an account.', schema: passwordResetSchema },
    problems: ['TOO_MANY_ATTEMPTS'],
    handler: async (context, { body }) => {
      await requestPasswordReset(context, body.email);
      return { status: 202, body: { accepted: true } };
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/password-reset/confirm',
    operationId: 'confirmPasswordReset',
    tag,
    summary: 'Choose a new password by the link',
    description: 'Ends every session. The second factor stays as it was, and signing in still asks for it.',
    access: 'public',
    transaction: false,
    body: passwordResetConfirmBody,
    success: { status: 200, description: 'The password holds.', schema: chosenPasswordSchema },
    problems: ['LINK_INVALID', 'TOO_MANY_ATTEMPTS', ...passwordProblems],
    handler: async (context, { body }) => ok(await confirmPasswordReset(context, body)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/auth/invitation/accept',
    operationId: 'acceptInvitation',
    tag,
    summary: 'Accept an invitation by the link',
    description: 'Sets the password to sign in with.',
    access: 'public',
    transaction: false,
    body: invitationAcceptBody,
    success: { status: 200, description: 'The account can be used.', schema: chosenPasswordSchema },
    problems: ['LINK_INVALID', 'TOO_MANY_ATTEMPTS', ...passwordProblems],
    handler: async (context, { body }) => ok(await acceptInvitation(context, body)),
  }),
];
