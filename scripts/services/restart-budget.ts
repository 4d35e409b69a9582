const MOST_RESTARTS = 5;
const WINDOW_MS = 60_000;
const FIRST_DELAY_SECONDS = 0.5;

/** Allows five restarts a minute, each after twice the wait of the one before. */
export class RestartBudget {
  private recent: readonly number[] = [];

  /** Seconds to wait before the next start, or nothing when there were too many. */
  next(now = Date.now()): number | undefined {
    this.recent = [...this.recent.filter((at) => now - at < WINDOW_MS), now];
    return this.recent.length > MOST_RESTARTS ? undefined : FIRST_DELAY_SECONDS * 2 ** (this.recent.length - 1);
  }
}
