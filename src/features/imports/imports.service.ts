import type { Deps } from '../../deps.js';

export const runImport = {
  run: (_deps: Deps, _payload: { runId: string }) => Promise.reject(new Error('placeholder, being written')),
  giveUp: (_deps: Deps, _payload: { runId: string }, _reason: string) => Promise.resolve(),
};
