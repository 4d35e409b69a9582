import type { Config } from './config.js';
import { openDiskEvidence } from './evidence-disk.js';
import { openS3Evidence, type S3Config } from './evidence-s3.js';

/** Keeps the content of evidence documents under keys: UUIDs or hashes in small letters. */
export interface EvidenceStore {
  /**
   * Ends when the content is kept; an earlier one under this key is replaced. The media type is what the store would serve.
   * @throws Error when it cannot be kept; RangeError when the key is none
   */
  put(key: string, content: Buffer, mediaType: string): Promise<void>;
  /**
   * The content; undefined when there is none under this key.
   * @throws Error when the store does not answer, or refuses
   */
  get(key: string): Promise<Buffer | undefined>;
  /**
   * Nothing is under the key afterwards, whether or not there was.
   * @throws Error when the store does not answer, or refuses
   */
  remove(key: string): Promise<void>;
  /**
   * Every key, in batches of no particular order.
   * @throws Error when the store does not answer, or refuses
   */
  keys(): AsyncIterable<readonly string[]>;
}

export interface EvidenceStoreConfig {
  /** Where the files go, unless there is an S3. */
  readonly folder: string;
  readonly s3: S3Config | undefined;
}

/** The store in S3 where one is configured, otherwise in a folder that every process has to share. */
export function openEvidenceStore({ folder, s3 }: EvidenceStoreConfig): EvidenceStore {
  return s3 === undefined ? openDiskEvidence(folder) : openS3Evidence(s3);
}

/** The store that the settings name; the four of S3 are there when they name it. */
export function configuredEvidenceStore(config: Config): EvidenceStore {
  const { s3Endpoint = '', s3Region, s3Bucket = '', s3AccessKeyId = '', s3SecretAccessKey = '' } = config;
  const s3 = { endpoint: s3Endpoint, region: s3Region, bucket: s3Bucket, accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey };
  return openEvidenceStore({ folder: config.evidenceDir, s3: config.evidenceStore === 's3' ? s3 : undefined });
}
