import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** A redis-server that runs here, with the libraries it was fetched with. */
export interface RedisProgram {
  readonly command: string;
  readonly libraries: string | undefined;
}

/** No redis-server was found, and none could be fetched. */
export class RedisMissingError extends Error {
  override readonly name = 'RedisMissingError';
}

const TOOLS = path.resolve(__dirname, '../../.tools/redis');

/** The redis-server of the setting, of the PATH or fetched earlier; else, on Debian and its like, fetched now without installing it. */
export function findRedis(configured: string | undefined, onFetch: () => void): RedisProgram {
  if (configured !== undefined) {
    const program = { command: path.resolve(configured), libraries: undefined };
    if (runs(program)) return program;
    throw new RedisMissingError(configured);
  }
  const onPath = { command: 'redis-server', libraries: undefined };
  if (runs(onPath)) return onPath;
  const fetched = fetchedProgram();
  if (fetched) return fetched;
  if (process.platform === 'linux' && spawnSync('apt-get', ['--version']).status === 0) {
    onFetch();
    fetchPackages();
  }
  const program = fetchedProgram();
  if (!program) throw new RedisMissingError();
  return program;
}

function runs({ command, libraries }: RedisProgram): boolean {
  return spawnSync(command, ['--version'], { env: redisEnvironment(libraries) }).status === 0;
}

/** The environment that lets a fetched redis-server find the libraries fetched with it. */
export function redisEnvironment(libraries: string | undefined): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', ...(libraries && { LD_LIBRARY_PATH: libraries }) };
}

function fetchedProgram(): RedisProgram | undefined {
  const command = path.join(TOOLS, 'usr/bin/redis-server');
  if (!existsSync(command)) return undefined;
  const program = { command, libraries: libraryFolders(TOOLS) };
  return runs(program) ? program : undefined;
}

/** Debian keeps libraries in folders named for the machine, such as usr/lib/x86_64-linux-gnu. */
function libraryFolders(tree: string): string {
  const folders = ['usr/lib', 'lib'].map((folder) => path.join(tree, folder)).filter((folder) => existsSync(folder));
  const machines = folders.flatMap((folder) => readdirSync(folder).filter((name) => name.includes('-linux-')).map((name) => path.join(folder, name)));
  return [...folders, ...machines].join(':');
}

/** Downloads redis and, of what it depends on, only the libraries missing here, so that names and versions follow the release. */
function fetchPackages(): void {
  const draft = `${TOOLS}.${process.pid}`;
  const apt = workingApt(`${draft}-apt`);
  try {
    // The server itself is in redis-tools, to which redis-server's package links.
    let wanted: readonly string[] = ['redis-server', 'redis-tools'];
    for (let round = 0; round < 5 && wanted.length > 0; round += 1) {
      for (const name of wanted) fetchPackage(apt, name, draft);
      wanted = packagesOfMissingLibraries(apt, draft);
    }
    if (!existsSync(path.join(draft, 'usr/bin/redis-server'))) return;
    rmSync(TOOLS, { recursive: true, force: true });
    renameSync(draft, TOOLS);
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(`${draft}-apt`, { recursive: true, force: true });
  }
}

/** Options with which apt knows redis: the machine's own lists, else fresh ones in a folder of our own, which needs no rights. */
function workingApt(state: string): readonly string[] {
  if (knowsRedis([])) return [];
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(path.join(state, folder), { recursive: true });
  const own = ['-o', `Dir::State::lists=${state}/lists`, '-o', `Dir::Cache=${state}/cache`, '-o', 'APT::Sandbox::User=root'];
  spawnSync('apt-get', [...own, '-qq', 'update'], { stdio: 'ignore' });
  return own;
}

function knowsRedis(apt: readonly string[]): boolean {
  return spawnSync('apt-get', [...apt, 'download', '--print-uris', 'redis-server'], { encoding: 'utf8' }).stdout.includes('.deb');
}

function packagesOfMissingLibraries(apt: readonly string[], tree: string): string[] {
  const env = redisEnvironment(libraryFolders(tree));
  const { stdout } = spawnSync('ldd', [path.join(tree, 'usr/bin/redis-server')], { encoding: 'utf8', env });
  const missing = [...stdout.matchAll(/^\s*(lib\S+?)\.so\S* => not found/gm)].map(([, name = '']) => name.toLowerCase());
  if (missing.length === 0) return [];
  const hide = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const closure = spawnSync('apt-cache', [...apt, 'depends', '--recurse', ...hide, 'redis-tools'], { encoding: 'utf8' });
  const packages = closure.stdout.split('\n').filter((line) => /^lib\S+$/.test(line));
  return packages.filter((name) => missing.some((library) => name.startsWith(library)));
}

function fetchPackage(apt: readonly string[], name: string, tree: string): void {
  const folder = `${tree}/.packages`;
  mkdirSync(folder, { recursive: true });
  spawnSync('apt-get', [...apt, '-qq', 'download', name], { cwd: folder, stdio: 'ignore' });
  for (const file of readdirSync(folder)) {
    spawnSync('dpkg', ['-x', path.join(folder, file), tree], { stdio: 'ignore' });
    rmSync(path.join(folder, file));
  }
}
