import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAdministrator } from '../../src/features/users/first-administrator.js';
import { startTestApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

async function login(email: string, password: string): Promise<{ status: number; roles: readonly string[] | undefined }> {
  const { status, body } = await app.anonymous.post('/v1/auth/login').send({ email, password });
  return { status, roles: (body as { user?: { roles: string[] } }).user?.roles };
}

test('a new installation gets its first administrator, who can log in and open accounts', async () => {
  const access = await openAdministrator(app.deps.db, 'Chef@Example.org', 'fr');
  expect(access).toMatchObject({ email: 'chef@example.org', created: true });
  expect(await login(access.email, access.password)).toEqual({ status: 200, roles: ['administrator'] });
});

test('a lost password is replaced, a closed account opened again, and the act stands in the audit trail', async () => {
  const first = await openAdministrator(app.deps.db, 'chef@example.org', 'fr');
  await app.deps.db.appUser.update({ where: { email: first.email }, data: { active: false, roles: ['auditor'] } });
  await app.deps.db.userCredential.updateMany({ where: { user: { email: first.email } }, data: { totpSecret: 'of a lost phone', totpConfirmedAt: new Date() } });
  const second = await openAdministrator(app.deps.db, first.email, 'fr');
  expect(second.created).toBe(false);
  expect(await login(first.email, first.password)).toMatchObject({ status: 401 });
  expect(await login(second.email, second.password)).toEqual({ status: 200, roles: ['auditor', 'administrator'] });
  const trail = await app.deps.db.auditEvent.findMany({ where: { requestId: 'administrator' } });
  expect(JSON.stringify(trail)).not.toContain(second.password);
  expect(trail.map((event) => event.action)).toEqual(['user.create', 'user.update', 'user.update']);
});
