import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
/** Keeps the browser from asking anybody for anything by itself. */
const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
]; // prettier-ignore

/** Opens a Chromium without a window, with a profile of its own. */
export function openChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), headless: true, args: [...QUIET, ...more] });
}

/** The Chromium of CHROMIUM_PATH or of the PATH; on Debian and as root it is installed when there is none. */
export function findChromium(): string {
  const found = existing();
  if (found !== undefined) return found;
  const { status, output } = install();
  const installed = existing();
  if (installed !== undefined) return installed;
  throw new Error(
    `This test needs Chromium. Install it (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: brew install --cask google-chrome) ` +
      `or give its path by CHROMIUM_PATH.${status === null ? '' : `\napt-get ended with ${status}:\n${output}`}`,
  );
}

function existing(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(): { readonly status: number | null; readonly output: string } {
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) return { status: null, output: '' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  apt('update');
  const { status, stderr } = apt('install', '-y', '--no-install-recommends', 'chromium');
  return { status, output: stderr };
}
