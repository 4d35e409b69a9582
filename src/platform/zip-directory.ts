import { inflateRawSync } from 'node:zlib';

/** One file in a zip, as its central directory gives it; sizes and the offset are in bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly encrypted: boolean;
  readonly method: number;
  readonly compressedSize: number;
  readonly offset: number;
}

const END = 0x0605_4b50;
const END_BYTES = 22;
const ENTRY = 0x0201_4b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x0403_4b50;
const LOCAL_BYTES = 30;
/** Bits of the flags: encrypted, strongly encrypted, directory masked. */
const ENCRYPTED = 0x2041;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files of a zip that is nothing but a zip: it begins with a file, and ends with its directory, without a comment and without the
 * 64-bit records of archives above 4 GB. Undefined when it is not. Readers that go around oddities disagree on what they
 * see (APPNOTE.TXT 4.3).
 */
export function readZipDirectory(content: Uint8Array): readonly ZipEntry[] | undefined {
  const bytes = viewOf(content);
  const end = content.length - END_BYTES;
  if (end < 0 || bytes.getUint32(end, true) !== END) return undefined;
  const [disk, firstDisk, countHere, count] = [4, 6, 8, 10].map((at) => bytes.getUint16(end + at, true));
  const size = bytes.getUint32(end + 12, true);
  const start = bytes.getUint32(end + 16, true);
  const comment = bytes.getUint16(end + 20, true);
  if (disk !== 0 || firstDisk !== 0 || countHere !== count || comment !== 0 || start + size !== end) return undefined;

  const entries: ZipEntry[] = [];
  let at = start;
  while (at < end) {
    if (at + ENTRY_BYTES > end || bytes.getUint32(at, true) !== ENTRY) return undefined;
    const nameEnd = at + ENTRY_BYTES + bytes.getUint16(at + 28, true);
    const next = nameEnd + bytes.getUint16(at + 30, true) + bytes.getUint16(at + 32, true);
    const offset = bytes.getUint32(at + 42, true);
    if (next > end || offset + LOCAL_BYTES > start || bytes.getUint32(offset, true) !== LOCAL) return undefined;
    entries.push({
      name: new TextDecoder().decode(content.subarray(at + ENTRY_BYTES, nameEnd)),
      encrypted: (bytes.getUint16(at + 8, true) & ENCRYPTED) !== 0,
      method: bytes.getUint16(at + 10, true),
      compressedSize: bytes.getUint32(at + 20, true),
      offset,
    });
    at = next;
  }
  return entries.length === count && entries.some(({ offset }) => offset === 0) ? entries : undefined;
}

/** One file's content; undefined when it cannot be unpacked, or would be larger than `most` bytes. */
export function readZipEntry(content: Uint8Array, { method, compressedSize, offset }: ZipEntry, most: number): Uint8Array | undefined {
  const bytes = viewOf(content);
  const from = offset + LOCAL_BYTES + bytes.getUint16(offset + 26, true) + bytes.getUint16(offset + 28, true);
  const packed = content.subarray(from, from + compressedSize);
  if (method === STORED) return packed.length <= most ? packed : undefined;
  if (method !== DEFLATED) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: most });
  } catch {
    return undefined;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
