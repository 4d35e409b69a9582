import type { Request } from 'express';
import { DomainError } from '../domain/problem.js';

/** The version of the record that the client last saw, as its `If-Match` says. */
export class Precondition {
  private compared = false;

  constructor(private readonly seen: number | undefined) {}

  /**
   * Compares with the record as it is, locked.
   * @throws STALE when it has changed since the client saw it
   */
  check(version: number): void {
    this.compared = true;
    if (this.seen !== undefined && this.seen !== version) throw new DomainError('STALE', { seen: this.seen, found: version }, 'If-Match');
  }

  /** Whether the handler has compared: an edit that forgot to is a fault of ours. */
  get wasChecked(): boolean {
    return this.compared;
  }
}

/** The tag of a version, as sent in `ETag` and expected in `If-Match`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** For what is no edit: nothing is expected. */
export const noPrecondition = new Precondition(undefined);

/** @throws PRECONDITION_REQUIRED without an If-Match; STALE for one that no record here can have */
export function preconditionOf(req: Request): Precondition {
  const header = req.get('if-match');
  if (header === undefined) throw new DomainError('PRECONDITION_REQUIRED', {}, 'If-Match');
  const [, version] = /^"(\d{1,9})"$/.exec(header.trim()) ?? [];
  if (version === undefined) throw new DomainError('STALE', { seen: header.slice(0, 60), found: '-' }, 'If-Match');
  return new Precondition(Number(version));
}
