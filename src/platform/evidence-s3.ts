import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { checkEvidenceKey, isEvidenceKey } from './evidence-key.js';

/** A bucket of an S3-compatible service, addressed in the path. */
export interface S3Config {
  /** `https://s3.example.org` */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const TIMEOUT_MS = 30_000;
const PAUSES_MS = [200, 800];

/** An evidence store in a bucket; what S3 or the network fails at is tried three times, each at most 30 s or `timeoutMs`. */
export function openS3Evidence(config: S3Config, timeoutMs = TIMEOUT_MS) {
  const { endpoint, bucket, ...signing } = config;
  const client = new AwsClient({ ...signing, service: 's3', retries: 0 });
  const base = `${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(bucket)}`;

  const urlOf = (key: string) => `${base}/${checkEvidenceKey(key)}`;

  async function ask(method: 'PUT' | 'GET' | 'DELETE', url: string, content: Buffer = Buffer.alloc(0), headers: Readonly<Record<string, string>> = {}) {
    // Signed with the rest, the hash lets S3 refuse what was damaged on its way.
    const sha256 = createHash('sha256').update(content).digest('hex');
    const once = async (): Promise<Answer> => {
      const response = await client.fetch(url, {
        method,
        headers: { ...headers, 'X-Amz-Content-Sha256': sha256 },
        body: method === 'PUT' ? content : null,
        // A redirect would take the signature elsewhere.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    };
    const { status, body } = await persistently(once).catch((error: unknown) => {
      throw new Error(`S3 did not answer ${method} ${url}`, { cause: error });
    });
    if (status >= 200 && status < 300) return body;
    const code = /<Code>(\w+)<\/Code>/.exec(body.toString('utf8'))?.[1] ?? 'no S3 error code';
    if (method === 'GET' && status === 404 && code === 'NoSuchKey') return undefined;
    throw new Error(`S3 refused ${method} ${url}: ${status} ${code}`);
  }

  return {
    async put(key: string, content: Buffer, mediaType: string): Promise<void> {
      await ask('PUT', urlOf(key), content, { 'Content-Type': mediaType });
    },
    async get(key: string): Promise<Buffer | undefined> {
      return ask('GET', urlOf(key));
    },
    async remove(key: string): Promise<void> {
      await ask('DELETE', urlOf(key));
    },
    async *keys(): AsyncIterable<readonly string[]> {
      for (let from: string | undefined = ''; from !== undefined; ) {
        const listing: string = String(await ask('GET', `${base}?${from}list-type=2`));
        yield [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key).filter(isEvidenceKey);
        const token: string | undefined = /<NextContinuationToken>([^<]+)</.exec(listing)?.[1];
        from = token && `continuation-token=${encodeURIComponent(token)}&`;
      }
    },
  };
}

/** Tries again what failed on the network or with a 5xx, and gives the last answer or error. */
async function persistently(act: () => Promise<Answer>): Promise<Answer> {
  for (const milliseconds of PAUSES_MS) {
    const answer = await act().catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    await pause(milliseconds);
  }
  return act();
}
