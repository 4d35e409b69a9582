import { describe, expect, test } from '@jest/globals';
import { type Actor, checkPermission, checkStateScope, isVisible, nobody, type Permission, type Role, roles, rolesWith, visibilityOf } from '../../src/domain/policy.js';
import { endpoints } from '../../src/endpoints.js';

const DONOR = 'donor-1';
const DUPLICATE = 'donor-1-duplicate';
const actor = (...held: readonly Role[]): Actor => ({ ...nobody, userId: 'u', roles: held, states: ['MLI', 'NER'], organisationIds: [DONOR, DUPLICATE] });
const flow = (donorId: string, ...countries: readonly string[]) => ({ donorId, countries, restricted: false });

const permissions: readonly Permission[] = [
  'user:manage',
  'organisation:write',
  'organisation:merge',
  'master-data:write',
  'master-data:read',
  'rate:write',
  'flow:read',
  'flow:write',
  'flow:approve',
  'fund-operation:read',
  'fund:read',
  'approval:read',
  'limit:read',
  'limit:write',
  'delegation:read',
  'delegation:write',
  'period:read',
  'period:close',
  'instrument:read',
  'instrument:write',
  'mechanism:read',
  'coverage:read',
  'regional:read',
  'event:follow-up',
  'journal:read',
  'import:run',
  'import:read',
  'statement:read',
  'statement:write',
  'twin:read',
  'twin:settle',
  'report:run',
  'schedule:read',
  'schedule:write',
  'delivery:read',
  'delivery:resend',
  'inbox:read',
  'webhook:read',
  'webhook:write',
  'watch:read',
  'watch:write',
  'evidence:read-withdrawn',
  'audit:read',
  'history:read',
];

function may(held: readonly Role[], permission: Permission): boolean {
  try {
    checkPermission(actor(...held), permission);
    return true;
  } catch {
    return false;
  }
}

describe('the table of rights', () => {
  test('who may do what', () => {
    const line = (name: string, cells: readonly string[]) => [name.padEnd(23), ...cells].join(' ').trimEnd();
    const header = line('', roles);
    const rows = permissions.map((permission) => line(permission, roles.map((role) => (may([role], permission) ? 'yes' : '').padEnd(role.length))));
    expect(`\n${[header, ...rows].join('\n')}\n`).toBe(`
                        administrator finance_officer approver donor minister auditor
user:manage             yes
organisation:write      yes           yes
organisation:merge      yes
master-data:write       yes           yes
master-data:read        yes           yes             yes      yes   yes      yes
rate:write              yes           yes
flow:read               yes           yes             yes      yes   yes      yes
flow:write                            yes
flow:approve                                          yes
fund-operation:read     yes           yes             yes            yes      yes
fund:read               yes           yes             yes      yes   yes      yes
approval:read           yes                           yes
limit:read              yes           yes             yes      yes   yes      yes
limit:write             yes
delegation:read         yes           yes             yes                     yes
delegation:write        yes                           yes
period:read             yes           yes             yes      yes   yes      yes
period:close            yes                           yes
instrument:read         yes           yes             yes      yes   yes      yes
instrument:write                      yes
mechanism:read          yes           yes             yes      yes   yes      yes
coverage:read           yes           yes             yes      yes   yes      yes
regional:read           yes           yes             yes      yes   yes      yes
event:follow-up         yes           yes             yes      yes   yes      yes
journal:read            yes           yes             yes                     yes
import:run              yes           yes
import:read             yes           yes                                     yes
statement:read          yes           yes             yes      yes   yes      yes
statement:write                       yes                      yes
twin:read               yes           yes             yes      yes   yes      yes
twin:settle                           yes             yes
report:run              yes           yes             yes      yes   yes      yes
schedule:read           yes           yes                                     yes
schedule:write          yes           yes
delivery:read           yes           yes                                     yes
delivery:resend         yes
inbox:read              yes           yes             yes      yes   yes      yes
webhook:read            yes                                                   yes
webhook:write           yes
watch:read              yes           yes                                     yes
watch:write             yes           yes
evidence:read-withdrawn yes                                                   yes
audit:read              yes                                                   yes
history:read            yes           yes             yes                     yes
`);
  });

  test('every right that an endpoint asks for stands in the table above', () => {
    const asked = endpoints.map((endpoint) => endpoint.access).filter((access) => access !== 'public' && access !== 'signed-in');
    expect(asked.filter((access) => !permissions.includes(access))).toEqual([]);
  });

  test('the rights of several roles are those of each of them', () => {
    for (const permission of permissions) expect(may(['donor', 'approver'], permission)).toBe(may(['donor'], permission) || may(['approver'], permission));
  });

  test('nobody without a role may do anything', () => expect(permissions.filter((permission) => may([], permission))).toEqual([]));

  test('a refusal names the roles that would do', () => {
    expect(() => checkPermission(actor('donor'), 'import:read')).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN', params: { roles: 'administrator, finance_officer, auditor' } }),
    );
    expect(rolesWith('import:read')).toEqual(['administrator', 'finance_officer', 'auditor']);
  });
});

describe('what an actor sees', () => {
  const flows = {
    'own state': flow('x', 'MLI'),
    'own and another state': flow('x', 'MLI', 'TCD'),
    'another state': flow('x', 'TCD'),
    'no state': flow('x'),
    'own donor': flow(DONOR, 'TCD'),
    'merged donor': flow(DUPLICATE),
  };
  const seenBy = (...held: readonly Role[]) => Object.entries(flows).flatMap(([name, one]) => (isVisible(visibilityOf(actor(...held)), one) ? [name] : []));
  const byState = ['own state', 'own and another state'];
  const byDonor = ['own donor', 'merged donor'];

  test.each([
    ['administrator', Object.keys(flows)],
    ['auditor', Object.keys(flows)],
    ['finance_officer', byState],
    ['approver', byState],
    ['minister', byState],
    ['donor', byDonor],
  ] as const)('%s: %j', (role, seen) => expect(seenBy(role)).toEqual(seen));

  test('several roles see what each of them sees', () => expect(seenBy('minister', 'donor')).toEqual([...byState, ...byDonor]));

  test('nobody without a role sees anything', () => expect(seenBy()).toEqual([]));

  test('states and organisations count only with the role they belong to', () => {
    expect(visibilityOf(actor('donor'))).toEqual({ all: false, states: [], donorIds: [DONOR, DUPLICATE], restricted: false });
    expect(visibilityOf(actor('minister'))).toEqual({ all: false, states: ['MLI', 'NER'], donorIds: [], restricted: false });
  });
});

describe('where an actor acts', () => {
  test('every state of the flow is one of the own', () => {
    expect(() => checkStateScope(actor('finance_officer'), flow('x', 'MLI'))).not.toThrow();
    expect(() => checkStateScope(actor('finance_officer'), flow('x', 'NER', 'MLI'))).not.toThrow();
  });

  test.each([[['TCD'], 'TCD'], [['MLI', 'TCD'], 'MLI, TCD'], [[], '-']])('not for %j', (countries, found) =>
    expect(() => checkStateScope(actor('finance_officer'), flow('x', ...countries))).toThrow(
      expect.objectContaining({ code: 'OUT_OF_SCOPE', params: { states: 'MLI, NER', found } }),
    ),
  );
});
