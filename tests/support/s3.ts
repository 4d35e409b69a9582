import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Config } from '../../src/platform/evidence-s3.js';

interface StoredObject {
  readonly content: Buffer;
  readonly mediaType: string | undefined;
}

/** An S3 of one bucket in memory, which refuses what is not signed as AWS Signature Version 4 asks. */
export interface FakeS3 {
  readonly config: S3Config;
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** `PUT /evidence/…`, one for each request that came. */
  readonly requests: readonly string[];
  /** The next request is answered so instead, or cut when the status is 0. */
  failNext(status: number, code?: string): void;
  stop(): Promise<void>;
}

const FRESH_MS = 15 * 60_000;
/** Few, so that a test has several pages; S3 lists a thousand. */
const LISTED_AT_ONCE = 3;

export async function startFakeS3(): Promise<FakeS3> {
  const objects = new Map<string, StoredObject>();
  const requests: string[] = [];
  const failures: { status: number; code: string }[] = [];
  const keys = { region: 'af-west-1', bucket: 'evidence', accessKeyId: 'LIPTAKO', secretAccessKey: 'a secret/with+signs=' };

  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const content = Buffer.concat(chunks);
    const url = request.url ?? '';
    requests.push(`${request.method ?? ''} ${url}`);
    const failure = failures.shift();
    if (failure?.status === 0) return void request.socket.destroy();
    if (failure) return refuse(response, failure.status, failure.code);
    if (!isSigned(request, content, keys)) return refuse(response, 403, 'SignatureDoesNotMatch');
    const [path = '', query = ''] = url.split('?');
    const [, bucket, key = ''] = path.split('/');
    if (bucket !== keys.bucket) return refuse(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') return keep(request, response, key, content);
    if (request.method === 'DELETE') {
      objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (key === '') return list(response, new URLSearchParams(query).get('continuation-token') ?? '');
    const object = objects.get(key);
    if (!object) return refuse(response, 404, 'NoSuchKey');
    response.writeHead(200, { 'Content-Type': object.mediaType }).end(object.content);
  }
  function keep(request: IncomingMessage, response: ServerResponse, key: string, content: Buffer): void {
    if (request.headers['content-length'] !== String(content.length)) return refuse(response, 411, 'MissingContentLength');
    objects.set(key, { content, mediaType: request.headers['content-type'] });
    response.writeHead(200).end();
  }

  /** ListObjectsV2; the token is the last key that was listed. */
  function list(response: ServerResponse, after: string): void {
    const left = [...objects.keys()].sort().filter((key) => key > after);
    const page = left.slice(0, LISTED_AT_ONCE);
    const more = left.length > page.length ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : '';
    response.writeHead(200, { 'Content-Type': 'application/xml' }).end(`<ListBucketResult>${page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}${more}</ListBucketResult>`);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    config: { ...keys, endpoint: `http://127.0.0.1:${port}/` },
    objects,
    requests,
    failNext: (status, code = 'InternalError') => void failures.push({ status, code }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'Content-Type': 'application/xml' }).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();

/** The check of a header-signed request, as the AWS General Reference describes it. */
function isSigned(request: IncomingMessage, content: Buffer, keys: Omit<S3Config, 'endpoint'>): boolean {
  const { headers, method = '', url = '' } = request;
  const parts = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '');
  if (!parts) return false;
  const [, accessKeyId, day = '', region = '', signedHeaders = '', signature = ''] = parts;
  const time = String(headers['x-amz-date']);
  const payload = String(headers['x-amz-content-sha256']);
  const names = signedHeaders.split(';');
  if (accessKeyId !== keys.accessKeyId || region !== keys.region || !time.startsWith(day)) return false;
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.includes(name))) return false;
  if (payload !== sha256(content) || Math.abs(Date.now() - momentOf(time)) > FRESH_MS) return false;

  const [path = '', query = ''] = url.split('?');
  const canonicalHeaders = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonicalRequest = [method, path, query, canonicalHeaders, signedHeaders, payload].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${keys.secretAccessKey}`);
  const expected = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest)].join('\n'));
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}

/** `20260501T140500Z` in milliseconds. */
function momentOf(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
