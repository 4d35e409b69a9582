import { existsSync } from 'node:fs';

/** Adds the settings of an optional `.env` to the environment; what is already set there wins. */
export function loadEnvFile(path = '.env'): void {
  if (existsSync(path)) process.loadEnvFile(path);
}
