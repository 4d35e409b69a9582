import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import jwt, { type JwtPayload } from 'jsonwebtoken';
import { readAccessToken, signAccessToken } from '../../src/http/access-token.js';
import { newId } from '../../src/platform/ids.js';

const CURRENT = 'the present signing key of at least thirty-two bytes';
const REPLACED = 'the replaced signing key of at least thirty-two bytes';
const config = { jwtSecret: CURRENT, jwtSecretPrevious: undefined, jwtIssuer: 'liptako', jwtAudience: 'liptako-api', accessTokenMinutes: 15 };
const who = { userId: newId(), sessionId: newId() };

const keyId = (secret: string) => createHash('sha256').update(secret).digest('hex').slice(0, 16);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/** A token as ours, but for what is said otherwise. */
function forged({ payload = {}, options = {}, secret = CURRENT }: { payload?: object; options?: jwt.SignOptions; secret?: string } = {}): string {
  const claims = { sub: who.userId, sid: who.sessionId, iss: 'liptako', aud: 'liptako-api', exp: now() + 60, ...payload };
  return jwt.sign(claims, secret, { algorithm: 'HS256', keyid: keyId(CURRENT), ...options });
}

function without(claim: string): string {
  const { [claim]: _, ...others } = jwt.decode(forged()) as JwtPayload;
  return jwt.sign(others, CURRENT, { keyid: keyId(CURRENT), noTimestamp: claim === 'iat' });
}

test('a token says who and in which session, names its key and nothing else', () => {
  const { token, expiresInSeconds } = signAccessToken(who, config);
  expect(readAccessToken(token, config)).toEqual(who);
  expect(expiresInSeconds).toBe(900);
  const { header, payload } = jwt.decode(token, { complete: true })!;
  expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: keyId(CURRENT) });
  expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub']);
});

describe('while the key is replaced', () => {
  const before = { ...config, jwtSecret: REPLACED };
  const during = { ...config, jwtSecretPrevious: REPLACED };

  test('tokens of both keys are read, and new ones are signed with the new one', () => {
    expect(readAccessToken(signAccessToken(who, before).token, during)).toEqual(who);
    const { token } = signAccessToken(who, during);
    expect(jwt.decode(token, { complete: true })?.header.kid).toBe(keyId(CURRENT));
    expect(readAccessToken(token, during)).toEqual(who);
  });

  test('tokens of the replaced key are refused once it is gone', () => {
    expect(readAccessToken(signAccessToken(who, before).token, config)).toBeUndefined();
  });

  test('a token signed with one key in the name of the other is refused', () => {
    expect(readAccessToken(forged({ secret: REPLACED }), during)).toBeUndefined();
    expect(readAccessToken(forged({ options: { keyid: keyId(REPLACED) } }), during)).toBeUndefined();
  });
});

describe('a token is refused', () => {
  const [head = '', body = ''] = forged().split('.');
  const unsigned = (alg: string) => `${base64({ alg, typ: 'JWT', kid: keyId(CURRENT) })}.${body}.`;

  test('unless it differs in nothing', () => expect(readAccessToken(forged(), config)).toEqual(who));

  test.each([
    ['without a key id', jwt.sign({ sid: who.sessionId }, CURRENT, { subject: who.userId, issuer: 'liptako', audience: 'liptako-api', expiresIn: 60 })],
    ['of an unknown key id', forged({ options: { keyid: '0123456789abcdef' } })],
    ['signed with another key', forged({ secret: REPLACED })],
    ['of the algorithm none', unsigned('none')],
    ['of the algorithm None', unsigned('None')],
    ['without a signature', `${head}.${body}.`],
    ['of the algorithm HS384', forged({ options: { algorithm: 'HS384' } })],
    ['of the algorithm HS512', forged({ options: { algorithm: 'HS512' } })],
    ['of another issuer', forged({ payload: { iss: 'other' } })],
    ['for another audience', forged({ payload: { aud: 'other' } })],
    ['that has expired', forged({ payload: { exp: now() - 1 } })],
    ['issued too long ago, whatever it says of its end', forged({ payload: { iat: now() - 901, exp: now() + 9_999 } })],
    ['not valid yet', forged({ payload: { nbf: now() + 60 } })],
    ['without a user', without('sub')],
    ['without a session', without('sid')],
    ['without an issuer', without('iss')],
    ['without an audience', without('aud')],
    ['without the moment of issue', without('iat')],
    ['whose user is no UUID', forged({ payload: { sub: 'admin' } })],
    ['whose session is no UUID', forged({ payload: { sid: `${who.sessionId}'` } })],
    ['whose session is a list', forged({ payload: { sid: [who.sessionId] } })],
    ['whose payload is no JSON', `${head}.${Buffer.from('{').toString('base64url')}.x`],
    ['whose payload is a text', jwt.sign('text', CURRENT, { keyid: keyId(CURRENT) })],
    ['with its payload changed', `${head}.${base64({ ...(jwt.decode(forged()) as object), sub: newId() })}.${forged().split('.')[2]!}`],
    ['that is empty', ''],
    ['that is no token', 'x.y.z'],
  ])('%s', (_, token) => expect(readAccessToken(token, config)).toBeUndefined()); // prettier-ignore
});

test('a short key is refused, signing and reading', () => {
  expect(() => signAccessToken(who, { ...config, jwtSecret: 'short' })).toThrow(RangeError);
  expect(() => readAccessToken(forged(), { ...config, jwtSecretPrevious: 'short' })).toThrow(RangeError);
});
