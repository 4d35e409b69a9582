import type { Config } from '../../platform/config.js';
import type { DataKeys } from '../../platform/secret-box.js';

/** The keys that seal the second factors. */
export function dataKeysOf({ dataKey, dataKeyPrevious }: Pick<Config, 'dataKey' | 'dataKeyPrevious'>): DataKeys {
  return { current: dataKey, previous: dataKeyPrevious };
}
