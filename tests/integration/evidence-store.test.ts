import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openS3Evidence } from '../../src/platform/evidence-s3.js';
import { type EvidenceStore, openEvidenceStore } from '../../src/platform/evidence-store.js';
import { newId } from '../../src/platform/ids.js';
import { type FakeS3, startFakeS3 } from '../support/s3.js';

let folder: string;
let s3: FakeS3;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'liptako-evidence-'));
  s3 = await startFakeS3();
});
afterAll(async () => {
  await s3.stop();
  await rm(folder, { recursive: true });
});

async function allKeys(store: EvidenceStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const batch of store.keys()) keys.push(...batch);
  return keys;
}

const stores = {
  disk: () => openEvidenceStore({ folder: path.join(folder, 'new', 'evidence'), s3: undefined }),
  S3: () => openEvidenceStore({ folder, s3: s3.config }),
} satisfies Record<string, () => EvidenceStore>;

describe.each(Object.entries(stores))('an evidence store on %s', (_name, open) => {
  test('gives back what was put, byte for byte, also to another process', async () => {
    const key = newId();
    const content = Buffer.from([0, 255, 10, 13, 37, 80, 68, 70]);
    await open().put(key, content, 'application/pdf');
    expect(await open().get(key)).toEqual(content);
  });

  test('10 MB and nothing at all', async () => {
    const store = open();
    const [large, empty] = [newId(), newId()];
    const content = randomBytes(10 * 1024 * 1024);
    await store.put(large, content, 'application/pdf');
    await store.put(empty, Buffer.alloc(0), 'application/pdf');
    expect((await store.get(large))?.equals(content)).toBe(true);
    expect(await store.get(empty)).toEqual(Buffer.alloc(0));
  });

  test('putting again replaces', async () => {
    const store = open();
    const key = newId();
    await store.put(key, Buffer.from('first'), 'image/png');
    await store.put(key, Buffer.from('2nd'), 'image/png');
    expect(await store.get(key)).toEqual(Buffer.from('2nd'));
  });

  test('what is missing or removed is undefined; removing twice is no error', async () => {
    const store = open();
    const key = newId();
    expect(await store.get(key)).toBeUndefined();
    await store.put(key, Buffer.from('x'), 'image/png');
    await store.remove(key);
    await store.remove(key);
    expect(await store.get(key)).toBeUndefined();
  });

  test('lists every key, however many, and nothing that is no key', async () => {
    const store = open();
    const put = Array.from({ length: 8 }, newId);
    for (const key of put) await store.put(key, Buffer.from('x'), 'image/png');
    const listed = await allKeys(store);
    expect(listed).toEqual(expect.arrayContaining(put));
    expect(new Set(listed).size).toBe(listed.length);
    await store.remove(put[0]!);
    expect(await allKeys(store)).not.toContain(put[0]);
  });

  test('many at once', async () => {
    const store = open();
    const keys = Array.from({ length: 30 }, newId);
    await Promise.all(keys.map((key) => store.put(key, Buffer.from(key), 'image/png')));
    expect(await Promise.all(keys.map((key) => store.get(key)))).toEqual(keys.map((key) => Buffer.from(key)));
  });

  test.each(['', '.', '../../etc/passwd', 'a/b', 'a\\b', 'ABCDEF0123456789', `${'a'.repeat(16)}\0`, '-123456789abcdef0', 'a'.repeat(129)])('%j is no key', async (key) => {
    const store = open();
    await expect(store.put(key, Buffer.from('x'), 'image/png')).rejects.toThrow(RangeError);
    await expect(store.get(key)).rejects.toThrow(RangeError);
    await expect(store.remove(key)).rejects.toThrow(RangeError);
  });
});

describe('on disk', () => {
  test('files are for this user only, spread over folders, and no draft is left', async () => {
    const root = path.join(folder, 'modes');
    const store = openEvidenceStore({ folder: root, s3: undefined });
    const key = newId();
    await store.put(key, Buffer.from('x'), 'image/png');
    const shard = path.join(root, key.slice(-2));
    expect(await readdir(shard)).toEqual([key]);
    expect((await stat(path.join(shard, key))).mode & 0o777).toBe(0o600);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
  });

  test('what cannot be written is an error and leaves no draft', async () => {
    const root = path.join(folder, 'blocked');
    const store = openEvidenceStore({ folder: root, s3: undefined });
    const key = newId();
    // A folder in the file's place stops the rename for any user.
    await openEvidenceStore({ folder: path.join(root, key.slice(-2), key), s3: undefined }).put(newId(), Buffer.from('x'), 'image/png');
    await expect(store.put(key, Buffer.from('x'), 'image/png')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(await readdir(path.join(root, key.slice(-2)))).toEqual([key]);
    await expect(store.get(key)).rejects.toThrow('EISDIR');
  });
});

describe('on S3', () => {
  test('the media type is kept, the path holds the bucket', async () => {
    const key = newId();
    await stores.S3().put(key, Buffer.from('x'), 'image/png');
    expect(s3.objects.get(key)?.mediaType).toBe('image/png');
    expect(s3.requests.at(-1)).toBe(`PUT /evidence/${key}`);
  });

  test.each([{ secretAccessKey: 'wrong' }, { accessKeyId: 'nobody' }, { region: 'eu-west-3' }])('%j is refused at once and said clearly', async (wrong) => {
    const store = openS3Evidence({ ...s3.config, ...wrong });
    const before = s3.requests.length;
    await expect(store.put(newId(), Buffer.from('x'), 'image/png')).rejects.toThrow(/^S3 refused PUT http.*: 403 SignatureDoesNotMatch$/);
    await expect(store.get(newId())).rejects.toThrow('403 SignatureDoesNotMatch');
    await expect(store.remove(newId())).rejects.toThrow('403 SignatureDoesNotMatch');
    expect(s3.requests.length - before).toBe(3);
  });

  test('a bucket that does not exist is no missing document', async () => {
    const store = openS3Evidence({ ...s3.config, bucket: 'elsewhere' });
    await expect(store.get(newId())).rejects.toThrow('404 NoSuchBucket');
    await expect(store.put(newId(), Buffer.from('x'), 'image/png')).rejects.toThrow('404 NoSuchBucket');
  });

  test('two failures, then success: a 500 and a cut connection', async () => {
    const key = newId();
    s3.failNext(500);
    s3.failNext(503, 'SlowDown');
    await stores.S3().put(key, Buffer.from('x'), 'image/png');
    s3.failNext(0);
    s3.failNext(500);
    expect(await stores.S3().get(key)).toEqual(Buffer.from('x'));
    expect(s3.requests.slice(-6).map((request) => request.split(' ')[0])).toEqual(['PUT', 'PUT', 'PUT', 'GET', 'GET', 'GET']);
  });

  test('three failures are an error, and so is one that is not S3’s', async () => {
    for (let n = 0; n < 3; n += 1) s3.failNext(500);
    await expect(stores.S3().get(newId())).rejects.toThrow('500 InternalError');
    const before = s3.requests.length;
    s3.failNext(400, 'BadDigest');
    await expect(stores.S3().put(newId(), Buffer.from('x'), 'image/png')).rejects.toThrow('400 BadDigest');
    expect(s3.requests.length - before).toBe(1);
  });

  test('a redirect is not followed', async () => {
    s3.failNext(307, 'TemporaryRedirect');
    await expect(stores.S3().get(newId())).rejects.toThrow('307 TemporaryRedirect');
  });

  test('a service that does not answer is an error, and the secret is not told', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const store = openS3Evidence({ ...s3.config, endpoint: `http://127.0.0.1:${port}` }, 100);
    const error = await store.get(newId()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ message: expect.stringMatching(/^S3 did not answer GET http/), cause: { name: 'TimeoutError' } });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(s3.config.secretAccessKey);
    silent.close();
  });
});
