import type { Response, Test } from 'supertest';
import type { Role } from '../../src/domain/policy.js';
import { sealTotpSecret } from '../../src/features/auth/credential.store.js';
import { hashPassword } from '../../src/features/auth/password.js';
import { newTotpSecret, nextTotp } from '../../src/features/auth/totp.js';
import { newId } from '../../src/platform/ids.js';
import type { TestApp } from './app.js';

/** A password that the rules take. */
export const PASSWORD = 'tambour lagune cerise boussole';
export const OTHER_PASSWORD = 'girafe plateau mangue horloge';

export interface AccountOptions {
  readonly roles?: readonly Role[];
  readonly active?: boolean;
  /** Null for an invitation that was not accepted. */
  readonly password?: string | null;
  readonly secondFactor?: boolean;
}

export interface TestAccount {
  readonly id: string;
  readonly email: string;
  readonly secret: string;
}

/** The answer to a sign-in or a renewal. */
export interface SessionBody {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly secondFactor: string;
  readonly user: { readonly id: string };
}

/** An account that can sign in. */
export async function createAccount({ deps }: TestApp, { roles = ['auditor'], active = true, password = PASSWORD, secondFactor = false }: AccountOptions = {}): Promise<TestAccount> {
  const id = newId();
  const email = `${id}@test.liptako`;
  const secret = newTotpSecret();
  const enrolled = secondFactor && { totpSecret: sealTotpSecret(secret, id, { current: deps.config.dataKey }), totpConfirmedAt: new Date() };
  const passwordHash = password === null ? null : await hashPassword(password);
  await deps.db.appUser.create({ data: { id, email, name: 'Awa Traoré', roles: [...roles], states: ['MLI'], active, credential: { create: { passwordHash, ...enrolled } } } });
  return { id, email, secret };
}

/** A code of the app at a moment. */
export function codeOf(secret: string, at = new Date()): string {
  return nextTotp(secret, at, null).code;
}

/** Calls the identity endpoints. */
export function identity(app: TestApp) {
  const post = (path: string, body: object = {}, token?: string): Test => {
    const test = app.anonymous.post(path).set('accept-language', 'en');
    return (token === undefined ? test : test.set('authorization', `Bearer ${token}`)).send(body);
  };
  const get = (path: string, token: string): Test => app.anonymous.get(path).set('accept-language', 'en').set('authorization', `Bearer ${token}`);
  const login = (email: string, more: object = {}) => post('/v1/auth/login', { email, password: PASSWORD, ...more });
  const refresh = (refreshToken: string) => post('/v1/auth/refresh', { refreshToken });
  const signIn = async (email: string, more: object = {}) => sessionOf(await login(email, more).expect(200));
  return { post, get, login, refresh, signIn };
}

export function sessionOf({ body }: Response): SessionBody {
  return body as SessionBody;
}

/** Status and code of each answer, in order of the status. */
export function outcomes(answers: readonly Response[]): string[] {
  return answers.map(({ status, body }) => `${status} ${(body as { code?: string }).code ?? ''}`.trim()).sort();
}
