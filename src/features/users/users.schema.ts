import { z } from 'zod';
import { roles } from '../../domain/policy.js';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema, languageSchema, textSchema } from '../../http/text.js';
import { idSchema, momentSchema } from '../../http/wire.js';
import { defaultLanguage } from '../../i18n/language.js';
import { accountStatuses, userSorts } from './users.store.js';

const DEFAULT_TIME_ZONE = 'Africa/Bamako';

const rights = {
  roles: z.array(z.enum(roles)).min(1).max(roles.length).describe('What the person does here; rights follow from it.'),
  states: z.array(iso3Schema).max(60).describe('States an officer, approver or minister works for.'),
  organisationId: idSchema.nullable().describe('The organisation of a donor; required for that role.'),
  seesRestricted: z.boolean().describe('Whether the person also sees the flows marked restricted, within the own states.'),
};

const notifications = z
  .strictObject({
    approvals: z.boolean().describe('What awaits one’s approval.'),
    reports: z.boolean().describe('Reports that are ready.'),
  })
  .describe('Which mails the person wants; those about the safety of the account always come.');

const choices = {
  name: textSchema(200).describe('Name of the person.'),
  language: languageSchema.describe('Language of reports and messages to the person.'),
  timeZone: textSchema(60).refine(isTimeZone).describe('Time zone of the moments told to the person, by its IANA name.').meta({ example: 'Africa/Niamey' }),
  notifications,
};

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name.includes('/') || name === 'UTC';
  } catch {
    return false;
  }
}

export const newUserBody = z.strictObject({
  email: textSchema(254).toLowerCase().pipe(z.email()).describe('E-mail address to sign in with, kept in lower case; the invitation goes there.'),
  name: choices.name,
  roles: rights.roles,
  states: rights.states.default([]),
  organisationId: rights.organisationId.default(null),
  seesRestricted: rights.seesRestricted.default(false),
  language: choices.language.default(defaultLanguage),
  timeZone: choices.timeZone.default(DEFAULT_TIME_ZONE),
});

const { name, language, timeZone } = choices;
export const userPatchBody = z.strictObject({ name, language, timeZone, ...rights }).partial();

export const mePatchBody = z.strictObject(choices).partial();

export const userReasonBody = z
  .strictObject({ reason: textSchema(1000).describe('Why, for the audit trail. Name nobody in it: it cannot be erased.') })
  .meta({ id: 'AccountReason' });

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string().describe('E-mail address to sign in with.'),
    ...choices,
    name: z.string().describe('Name of the person.'),
    ...rights,
    roles: z.array(z.enum(roles)).describe('What the person does here.'),
    states: z.array(z.string()).describe('States the person works for, ISO 3166-1 alpha-3.'),
    status: z.enum(accountStatuses).describe('"invited" until the invitation is accepted; a suspended or erased account cannot sign in.'),
    secondFactor: z.boolean().describe('Whether a second factor is set up.'),
    recordedAt: momentSchema.describe('When the account was made.'),
    version: z.int().describe('Rises with every change; the ETag.'),
  })
  .meta({ id: 'User' });

export const userPageSchema = pageSchema(userSchema).meta({ id: 'UserPage' });
export const userQuery = z.strictObject(pageQuery(userSorts, 'name'));
