import type { Named } from '../../domain/reference.js';
import { keptRecord } from '../../domain/report.js';
import type { Tx } from '../../platform/db.js';

/** Names and merges of the records that reports group by, as they were at a moment. */
export interface Labels {
  readonly organisations: ReadonlyMap<string, Named>;
  /** Duplicate → record kept. */
  readonly mergedInto: ReadonlyMap<string, string>;
  readonly funds: ReadonlyMap<string, Named>;
  /** By code. */
  readonly plans: ReadonlyMap<string, Named>;
}

interface RevisionRow {
  readonly kind: string;
  readonly record_id: string;
  readonly data: { readonly name?: string; readonly nameFr?: string | null; readonly nameEn?: string | null; readonly code?: string; readonly mergedIntoId?: string | null };
}

/** @param asOf ISO 8601 */
export async function labelsAt(tx: Tx, asOf: string): Promise<Labels> {
  const rows = await tx.$queryRaw<RevisionRow[]>`
    SELECT DISTINCT ON (kind, record_id) kind::text AS kind, record_id::text AS record_id, data FROM record_revision
    WHERE kind IN ('organisation', 'pooled_fund', 'response_plan') AND recorded_at <= ${asOf}::timestamptz
    ORDER BY kind, record_id, revision DESC`;
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  const organisations = of('organisation');
  return {
    organisations: new Map(organisations.map((row) => [row.record_id, namesOf(row)])),
    mergedInto: new Map(organisations.flatMap((row) => (row.data.mergedIntoId ? [[row.record_id, row.data.mergedIntoId] as const] : []))),
    funds: new Map(of('pooled_fund').map((row) => [row.record_id, namesOf(row)])),
    plans: new Map(of('response_plan').map((row) => [row.data.code ?? '', namesOf(row)])),
  };
}

function namesOf({ data, record_id }: RevisionRow): Named {
  const name = data.name ?? data.code ?? record_id;
  return { nameFr: data.nameFr ?? name, nameEn: data.nameEn ?? name };
}

/** An organisation as it was kept, with every duplicate merged into it. */
export function familyOf(id: string, mergedInto: ReadonlyMap<string, string>): string[] {
  const kept = keptRecord(id, mergedInto);
  const duplicates = [...mergedInto.keys()].filter((duplicate) => keptRecord(duplicate, mergedInto) === kept);
  return [kept, ...duplicates];
}
