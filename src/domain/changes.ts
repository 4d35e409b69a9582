/** New values for some of a record's fields: absent is unchanged, null is cleared. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The fields that differ, as they were and as they are to be. */
export interface Changes<T> {
  readonly before: Partial<T>;
  readonly after: Partial<T>;
}

/** What a patch changes in a record of plain values; null when nothing does. */
export function changesOf<T extends object>(current: T, patch: Patch<T>): Changes<T> | null {
  const fields = (Object.keys(patch) as (keyof T)[]).filter(
    (field) => patch[field] !== undefined && JSON.stringify(patch[field]) !== JSON.stringify(current[field]),
  );
  if (fields.length === 0) return null;
  const only = (values: Patch<T>) => Object.fromEntries(fields.map((field) => [field, values[field]])) as Partial<T>;
  return { before: only(current), after: only(patch) };
}
