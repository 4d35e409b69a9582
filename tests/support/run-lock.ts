import path from 'node:path';

/** Held by the jest that a run's folder belongs to, so that a killed run is recognised. */
export function lockOfRun(runDir: string): string {
  return path.join(runDir, 'run.lock');
}
