/** Whether a name can be that of a file and of an S3 object alike: a UUID or a hash in small letters. */
export function isEvidenceKey(name: string): boolean {
  return /^[0-9a-f][0-9a-f-]{15,127}$/.test(name);
}

/**
 * The key itself, when it is one.
 * @throws RangeError
 */
export function checkEvidenceKey(key: string): string {
  if (!isEvidenceKey(key)) throw new RangeError('an evidence key has 16 to 128 hexadecimal digits and hyphens');
  return key;
}
