/** The user in whose name imports record; nobody can log in as it. */
export const SYSTEM_USER_ID = '00000000-0000-7000-8000-000000000001';
