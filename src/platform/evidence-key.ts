/**
 * The key itself, when it can be the name of a file and of an S3 object alike: a UUID or a hash in small letters.
 * @throws RangeError
 */
export function checkEvidenceKey(key: string): string {
  if (!/^[0-9a-f][0-9a-f-]{15,127}$/.test(key)) throw new RangeError('an evidence key has 16 to 128 hexadecimal digits and hyphens');
  return key;
}
