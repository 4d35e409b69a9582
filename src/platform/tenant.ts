import { type Db, inTransaction, sqlOf, type Tx } from './db.js';

/** Who a transaction acts for, as the database knows them. */
export interface EnteredActor {
  readonly user_id: string;
  readonly session_id: string | null;
  readonly second_factor: boolean;
  readonly roles: string[];
  readonly states: string[];
  readonly organisation_ids: string[];
  readonly sees_restricted: boolean;
  readonly delegations: readonly { readonly id: string; readonly userId: string; readonly states: readonly string[] }[];
}

const COLUMNS = 'user_id, session_id, second_factor, roles, states, organisation_ids, sees_restricted, delegations';

/**
 * Takes the rights of a session's user until the transaction ends: row-level security shows and takes their rows only.
 * @returns undefined when the session has ended or its user is suspended; no row can be reached then
 */
export function enterSession(tx: Tx, sessionId: string): Promise<EnteredActor | undefined> {
  return enter(tx, { name: 'enter_session', text: `SELECT ${COLUMNS} FROM enter_session($1)`, values: [sessionId] });
}

/** Takes the rights of a user until the transaction ends, for work that a worker does for them; undefined when suspended. */
export function enterUser(tx: Tx, userId: string): Promise<EnteredActor | undefined> {
  return enter(tx, { name: 'enter_user', text: `SELECT ${COLUMNS} FROM enter_user($1)`, values: [userId] });
}

/** What users may do now, without taking their rights; suspended and unknown ones are not among them. */
export async function rightsOfUsers(tx: Tx, userIds: readonly string[]): Promise<readonly EnteredActor[]> {
  const { rows } = await sqlOf(tx).query<EnteredActor>({
    name: 'rights_of',
    text: `SELECT r.${COLUMNS.replaceAll(', ', ', r.')} FROM unnest($1::uuid[]) AS u (id) CROSS JOIN LATERAL rights_of(u.id) r WHERE r.user_id IS NOT NULL`,
    values: [userIds],
  });
  return rows;
}

async function enter(tx: Tx, statement: { name: string; text: string; values: string[] }): Promise<EnteredActor | undefined> {
  const { rows } = await sqlOf(tx).query<EnteredActor | { readonly user_id: null }>(statement);
  const [row] = rows;
  return row === undefined || row.user_id === null ? undefined : row;
}

/** Runs `act` in the system's scope, where row-level security hides nothing: for what no user may reach, such as passwords. */
export async function asSystem<T>(tx: Tx, act: () => Promise<T>): Promise<T> {
  const before = await setScope(tx, 'system');
  try {
    return await act();
  } finally {
    // After an error the transaction may be beyond use, and ends; where it is not, whoever catches the error is back in the former scope.
    await setScope(tx, before).catch(() => undefined);
  }
}

/** Runs `act` in a transaction of its own, in the system's scope. */
export function inSystemTransaction<T>(db: Db, act: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction(db, async (tx) => {
    await setScope(tx, 'system');
    return act(tx);
  });
}

async function setScope(tx: Tx, scope: string): Promise<string> {
  const { rows } = await sqlOf(tx).query<{ before: string | null }>({
    name: 'set_scope',
    text: `WITH old AS MATERIALIZED (SELECT current_setting('liptako.scope', true) AS before)
      SELECT before, set_config('liptako.scope', $1, true) FROM old`,
    values: [scope],
  });
  return rows[0]?.before ?? '';
}
