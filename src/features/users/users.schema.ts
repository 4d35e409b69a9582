import { z } from 'zod';
import { roles } from '../../domain/policy.js';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { iso3Schema, languageSchema, textSchema } from '../../http/text.js';
import { idSchema, momentSchema } from '../../http/wire.js';
import { defaultLanguage } from '../../i18n/language.js';
import { userSorts } from './users.store.js';

const fields = {
  name: textSchema(200).describe('Name of the person.'),
  roles: z.array(z.enum(roles)).min(1).max(roles.length).describe('What the person does here; rights follow from it.'),
  states: z.array(iso3Schema).max(60).describe('States an officer, approver or minister works for.'),
  organisationId: idSchema.nullable().describe('The organisation of a donor; required for that role.'),
  language: languageSchema.describe('Language of reports and messages to the person.'),
};
const password = z.string().min(12).max(200).describe('Password, 12 to 200 characters. It is kept as a hash and never shown.');
const active = z.boolean().describe('False closes the account: no sign-in, and tokens in use are refused at once.');

export const newUserBody = z.strictObject({
  email: textSchema(254).toLowerCase().pipe(z.email()).describe('E-mail address to sign in with, kept in lower case.'),
  ...fields,
  states: fields.states.default([]),
  organisationId: fields.organisationId.default(null),
  language: fields.language.default(defaultLanguage),
  password,
});

export const userPatchBody = z.strictObject({ ...fields, active, password }).partial();

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string().describe('E-mail address to sign in with.'),
    name: z.string().describe('Name of the person.'),
    roles: z.array(z.enum(roles)).describe('What the person does here.'),
    states: z.array(z.string()).describe('States the person works for, ISO 3166-1 alpha-3.'),
    organisationId: fields.organisationId,
    language: fields.language,
    active: z.boolean().describe('Whether the person may sign in.'),
    recordedAt: momentSchema.describe('When the account was made.'),
  })
  .meta({ id: 'User' });

export const userPageSchema = pageSchema(userSchema).meta({ id: 'UserPage' });
export const userQuery = z.strictObject(pageQuery(userSorts, 'name'));
