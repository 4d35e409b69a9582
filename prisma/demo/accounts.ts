import type { Role } from '../../src/domain/policy.js';

/** The demonstration's password, the same for every account; it exists in the demonstration alone. */
export const DEMO_PASSWORD = 'liptako-demo';

/** Somebody of the demonstration. */
export interface DemoAccount {
  /** What stands before @demo.liptako. */
  readonly login: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly states?: readonly string[];
  /** Key of an organisation. */
  readonly organisation?: string;
  /** The secret of the authenticator app, in base32, for whoever signs in with one. Everybody may know it, like the password. */
  readonly totpSecret?: string;
}

const trackedStates = ['BFA', 'MLI', 'NER', 'MRT', 'TCD', 'TGO', 'SEN'];

const people: readonly Omit<DemoAccount, 'email'>[] = [
  { login: 'finances', name: 'Aminata Diallo', role: 'finance_officer', states: trackedStates, totpSecret: 'LIPTAKODEMOFINANCESLIPTAKODEMOAA' },
  { login: 'approbation', name: 'Ibrahim Maïga', role: 'approver', states: trackedStates, totpSecret: 'LIPTAKODEMOAPPROBATIONLIPTAKODEM' },
  { login: 'bailleur', name: 'Claire Martin', role: 'donor', organisation: 'echo' },
  { login: 'ministre', name: 'Oumar Traoré', role: 'minister', states: ['MLI'] },
  { login: 'audit', name: 'Fatouma Ouédraogo', role: 'auditor' },
  { login: 'admin', name: 'Salif Zongo', role: 'administrator', totpSecret: 'LIPTAKODEMOADMINLIPTAKODEMOAAAAA' },
];

/** Everybody of the demonstration. */
export const demoAccounts: readonly DemoAccount[] = people.map((person) => ({ ...person, email: `${person.login}@demo.liptako` }));
