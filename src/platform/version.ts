import { readFileSync } from 'node:fs';
import path from 'node:path';

const packageFile = path.resolve(__dirname, '../../package.json');

/** The version of this code, as package.json gives it. */
export const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
