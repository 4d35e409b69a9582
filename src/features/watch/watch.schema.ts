import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { textSchema } from '../../http/text.js';
import { booleanQuery, daySchema, optionalFields, versionField } from '../../http/wire.js';
import { recipientsSchema } from '../deliveries/recipients.js';
import { conditionSchema } from './condition.schema.js';
import { factSchema } from './notice.schema.js';
import { eventSorts, ruleSorts } from './watch.store.js';

const fields = {
  name: textSchema(200).describe('What it is called; it stands in each notice.'),
  condition: conditionSchema.describe('What is looked for. An officer names own states only.'),
  recipients: recipientsSchema.describe(
    'Who is told: roles, persons, addresses, other systems. A person is told what that person may see, an address or another system what the owner of the rule may see. Officers name a role within their own states only: all of them when left out.',
  ),
  quietDays: z.int().min(1).max(365).default(7).describe('After so many days what is still so is told again; 1 is every day.'),
  active: z.boolean().default(true).describe('False: stopped.'),
};

export const ruleBody = z.strictObject(fields).meta({ id: 'WatchRuleInput' });
export type RuleInput = z.output<typeof ruleBody>;

export const rulePatchBody = z.strictObject(optionalFields(fields));
export type RulePatch = z.output<typeof rulePatchBody>;

const problem = {
  problem: z.enum(['OWNER_SUSPENDED', 'FAILED']).nullable().describe('Why it tells nothing: its owner may no longer act, or it could not be looked at the last time.'),
  problemText: z.string().nullable().describe('The same in the reader’s language.'),
};

export const ruleAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    condition: conditionSchema,
    recipients: z.array(z.looseObject({ kind: z.string() })),
    quietDays: z.int(),
    active: z.boolean(),
    evaluatedAt: z.iso.datetime().nullable().describe('When it was last looked at; every hour.'),
    ...problem,
    createdBy: z.uuid().describe('The owner: nothing is told that the owner may not see.'),
    createdAt: z.iso.datetime(),
    version: versionField,
  })
  .meta({ id: 'WatchRule' });
export type RuleAnswer = z.input<typeof ruleAnswer>;

export const rulesQuery = z.strictObject({
  ...pageQuery(ruleSorts, '-recordedAt'),
  active: booleanQuery.optional().describe('Only those that are looked at, or only those that are stopped.'),
});
export type RulesQuery = z.output<typeof rulesQuery>;
export const rulePage = pageSchema(ruleAnswer);

const line = {
  subject: z.string().describe('What it is about: "commitment:<id>:2" is its second instalment, "state:MLI:2026", "plan:<code>", "fund:<id>".'),
  outcome: z.enum(['raised', 'quiet', 'cleared']).describe('Told; kept quiet about; no longer so.'),
  why: z.string().describe('Why, in the reader’s language.'),
  fact: factSchema.describe('What was found; of what is no longer so, what was found last.'),
  restricted: z.boolean().describe('Whether a restricted flow is part of it.'),
};

export const eventsQuery = z.strictObject(pageQuery(eventSorts, '-at'));
export type EventsQuery = z.output<typeof eventsQuery>;
export const eventPage = pageSchema(
  z
    .object({ id: z.uuid(), at: z.iso.datetime(), ...line, noticeId: z.uuid().nullable().describe('The notice that told it; the first, where recipients who may see different things got several.') })
    .meta({ id: 'WatchEvent' }),
);
export type EventAnswer = z.input<typeof eventPage>['items'][number];

/** The most subjects that a trial names. */
export const MOST_TRIED = 200;

export const trialAnswer = z
  .object({
    day: daySchema.describe('The day it was looked at.'),
    ...problem,
    notices: z.int().describe('How many notices it would send: one for all who may see the same.'),
    recipients: z.int().describe('How many persons, addresses and other systems it would tell.'),
    raised: z.int().describe('How many subjects it would tell.'),
    quiet: z.int().describe('How many it would keep quiet about.'),
    cleared: z.int().describe('How many are no longer so.'),
    items: z.array(z.object({ ...line, recipients: z.int().describe('How many would be told of it.') })).describe(`The first ${MOST_TRIED} of them that you may see.`),
  })
  .meta({ id: 'WatchTrial' });
export type TrialAnswer = z.input<typeof trialAnswer>;
