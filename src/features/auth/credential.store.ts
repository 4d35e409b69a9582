import type { Tx } from '../../platform/db.js';
import { type DataKeys, isUnderCurrentKey, open, seal } from '../../platform/secret-box.js';
import { type AccountRow, withCredential } from '../users/users.store.js';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.js';
import { checkTotp } from './totp.js';

/** The second factor as given: a code of the app, or one of the recovery codes. */
export interface GivenCode {
  readonly totp?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

/** An account with what proves the person, by address; in the system's scope, like all of these. */
export function findAccount(tx: Tx, where: { readonly email: string } | { readonly id: string }): Promise<AccountRow | null> {
  return tx.appUser.findUnique({ where, include: withCredential });
}

/** The account as it is now, locked until the transaction ends: what proves the person changes for one request at a time. */
export async function lockAccount(tx: Tx, userId: string): Promise<AccountRow> {
  await tx.$queryRaw`SELECT 1 FROM app_user WHERE id = ${userId}::uuid FOR SHARE`;
  await tx.$queryRaw`SELECT 1 FROM user_credential WHERE user_id = ${userId}::uuid FOR UPDATE`;
  return tx.appUser.findUniqueOrThrow({ where: { id: userId }, include: withCredential });
}

/** Whether the person gives a second factor at each sign-in. */
export function isEnrolled({ credential }: AccountRow): boolean {
  return Boolean(credential?.totpConfirmedAt);
}

/** Whether the code is one of the account's and was not used before; it is used up. */
export async function useCode(tx: Tx, account: AccountRow, { totp, recoveryCode }: GivenCode, now: Date, keys: DataKeys): Promise<boolean> {
  if (totp !== undefined) return useTotp(tx, account, totp, now, keys);
  return recoveryCode !== undefined && useRecoveryCode(tx, account.id, recoveryCode, now);
}

async function useTotp(tx: Tx, { id, credential }: AccountRow, code: string, now: Date, keys: DataKeys): Promise<boolean> {
  if (!credential?.totpSecret) return false;
  const secret = openSecret(credential.totpSecret, id, keys);
  const step = checkTotp(secret, code, now, credential.totpLastStep);
  if (step === undefined) return false;
  const { count } = await tx.userCredential.updateMany({
    where: { userId: id, OR: [{ totpLastStep: null }, { totpLastStep: { lt: step } }] },
    // So that a former DATA_KEY can go once everybody has signed in.
    data: { totpLastStep: step, ...(!isUnderCurrentKey(credential.totpSecret, keys) && { totpSecret: sealTotpSecret(secret, id, keys) }) },
  });
  return count === 1;
}

async function useRecoveryCode(tx: Tx, userId: string, code: string, now: Date): Promise<boolean> {
  const { count } = await tx.recoveryCode.updateMany({ where: { userId, hash: recoveryCodeHash(code), usedAt: null }, data: { usedAt: now } });
  return count === 1;
}

/** Keeps a secret that is being set up beside the one that counts, if any. */
export async function keepPendingSecret(tx: Tx, userId: string, secret: string, keys: DataKeys): Promise<void> {
  await tx.userCredential.update({ where: { userId }, data: { totpPending: sealTotpSecret(secret, userId, keys) } });
}

/** Lets the secret that was being set up count from now on, when the code is one of its; the old recovery codes go. */
export async function confirmPendingSecret(tx: Tx, { id, credential }: AccountRow, code: string, now: Date, keys: DataKeys): Promise<boolean> {
  if (!credential?.totpPending) return false;
  const step = checkTotp(openSecret(credential.totpPending, id, keys), code, now, null);
  if (step === undefined) return false;
  const data = { totpSecret: credential.totpPending, totpPending: null, totpConfirmedAt: now, totpLastStep: step };
  await tx.userCredential.update({ where: { userId: id }, data });
  return true;
}

/** Forgets the second factor and its recovery codes. */
export async function removeSecondFactor(tx: Tx, userId: string): Promise<void> {
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.userCredential.updateMany({ where: { userId }, data: { totpSecret: null, totpPending: null, totpConfirmedAt: null, totpLastStep: null } });
}

/** New recovery codes, to be shown once; those before hold no longer. */
export async function renewRecoveryCodes(tx: Tx, userId: string): Promise<readonly string[]> {
  const codes = newRecoveryCodes();
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({ data: codes.map((code) => ({ userId, hash: recoveryCodeHash(code) })) });
  return codes;
}

/** How many recovery codes are left. */
export function countRecoveryCodes(tx: Tx, userId: string): Promise<number> {
  return tx.recoveryCode.count({ where: { userId, usedAt: null } });
}

/** Keeps the hash of a new password. */
export async function setPasswordHash(tx: Tx, userId: string, passwordHash: string, now: Date): Promise<void> {
  const data = { passwordHash, passwordChangedAt: now };
  await tx.userCredential.upsert({ where: { userId }, create: { userId, ...data }, update: data });
}

/** A secret of the second factor, sealed for its owner alone. */
export function sealTotpSecret(secret: string, userId: string, keys: DataKeys): string {
  return seal(secret, boxOf(userId), keys);
}

function openSecret(box: string, userId: string, keys: DataKeys): string {
  return open(box, boxOf(userId), keys);
}

function boxOf(userId: string) {
  return { purpose: 'totp', subject: userId };
}
