import { z } from 'zod';
import { timeZones } from '../../domain/schedule.js';
import { idColumn, pageBounds, pageQuery, pageSchema, textColumn } from '../../http/paging.js';
import { languageSchema, textSchema } from '../../http/text.js';
import { booleanQuery, idSchema, optionalFields, versionField } from '../../http/wire.js';
import type { ReportSchedule } from '../../platform/db.js';
import { recipientsSchema } from '../deliveries/recipients.js';
import { reportBody } from '../reports/kinds.js';

const timeZone = z.enum(timeZones).describe('Whose hour is meant.');
const hour = {
  atTime: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/).default('06:00').describe('Hour of that place, HH:MM.').meta({ example: '08:00' }),
  timeZone,
};

const timingSchema = z
  .discriminatedUnion('preset', [
    z.strictObject({
      preset: z.literal('cron').describe('By five fields.'),
      cron: z.string().trim().min(9).max(100).describe('Minute, hour, day of the month, month, day of the week (0 or 7 is Sunday); numbers, * , - / and L. At most every 15 minutes.').meta({ example: '30 7 1,15 * *' }),
      timeZone,
    }),
    z.strictObject({ preset: z.literal('weekly').describe('Once a week.'), weekday: z.int().min(1).max(7).describe('1 is Monday, 7 Sunday.'), ...hour }),
    z.strictObject({
      preset: z.literal('monthly').describe('Once a month.'),
      day: z.union([z.int().min(1).max(28), z.literal('last')]).default(5).describe('A day from 1 to 28, or “last”: the last day of the month, however long it is.'),
      ...hour,
    }),
    z.strictObject({ preset: z.literal('quarterly').describe('On 5 January, April, July and October.'), ...hour }),
    z.strictObject({
      preset: z.literal('before_event').describe('Once, before a conference or forum; it moves with the day of the event.'),
      eventId: idSchema.describe('The event, of /v1/events.'),
      daysBefore: z.int().min(0).max(365).describe('Days before its first day.'),
      ...hour,
    }),
  ])
  .describe('When the report is made.')
  .meta({ id: 'ScheduleTiming' });

const scheduledFormats = ['pdf', 'xlsx', 'csv', 'json'] as const;

const fields = {
  name: textSchema(200).describe('What it is called.'),
  report: reportBody
    .refine(({ asOf, since }) => asOf === undefined && since === undefined, { error: 'scheduledMoment' })
    .describe('The kind of report and its question. Each issue is about its own time and explains what changed since the one before: asOf and since are not given. What depends on the recipient, such as the own state or organisation, is left out.'),
  recipients: recipientsSchema.describe(
    'Who receives it: roles, persons, addresses, other systems. A person gets what that person may see; an address or another system gets what the owner of the schedule may see. Officers name a role within their own states only: all of them when left out.',
  ),
  formats: z
    .array(z.enum(scheduledFormats))
    .min(1)
    .max(scheduledFormats.length)
    .transform((given) => [...new Set(given)])
    .describe('The files that are sent.'),
  language: languageSchema.nullable().default(null).describe('Of all recipients; null: each one’s own.'),
  timing: timingSchema,
};

export const scheduleBody = z.strictObject(fields).meta({ id: 'ScheduleInput' });
export type ScheduleInput = z.output<typeof scheduleBody>;

export const schedulePatchBody = z.strictObject({
  ...optionalFields(fields),
  active: z.boolean().optional().describe('False: paused; what falls due meanwhile is not made up for.'),
});
export type SchedulePatch = z.output<typeof schedulePatchBody>;

const moment = (what: string) => z.iso.datetime().describe(what);

export const scheduleAnswer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    report: z.looseObject({ kind: z.string() }),
    recipients: z.array(z.looseObject({ kind: z.string() })),
    formats: z.array(z.string()),
    language: z.string().nullable(),
    timing: z.looseObject({ preset: z.string() }),
    active: z.boolean().describe('False while it is paused.'),
    nextDueAt: moment('When it is due next.').nullable().describe('When it is due next; null while paused, and once the event has come.'),
    problem: z.enum(['OWNER_SUSPENDED']).nullable().describe('Why not everybody receives it.'),
    problemText: z.string().nullable().describe('The same in the reader’s language.'),
    createdBy: z.uuid().describe('The owner.'),
    createdAt: z.iso.datetime(),
    version: versionField,
  })
  .meta({ id: 'Schedule' });
export type ScheduleAnswer = z.input<typeof scheduleAnswer>;

export const scheduleSorts = { recordedAt: idColumn<ReportSchedule>(), name: textColumn<ReportSchedule>('name', ({ name }) => name) };

export const schedulesQuery = z.strictObject({
  ...pageQuery(scheduleSorts, '-recordedAt'),
  active: booleanQuery.optional().describe('Only those that run, or only those that are paused.'),
});
export type SchedulesQuery = z.output<typeof schedulesQuery>;
export const schedulePage = pageSchema(scheduleAnswer);

const most = z.int().min(1).max(50);
export const previewBody = z.strictObject({ timing: timingSchema, count: most.default(6).describe('How many times, 1 to 50.') });
export type PreviewInput = z.output<typeof previewBody>;
export const previewQuery = z.strictObject({
  count: z.string().regex(/^\d{1,2}$/).transform(Number).pipe(most).default(6).describe('How many times, 1 to 50.'),
});
export const previewAnswer = z.object({
  times: z.array(
    z.object({
      dueAt: moment('The moment, in UTC.'),
      local: z.string().describe('The same by the clock of that place, YYYY-MM-DDTHH:MM.'),
    }),
  ),
});
export type PreviewAnswer = z.input<typeof previewAnswer>;

const count = z.int();
export const occurrenceAnswer = z
  .object({
    dueAt: moment('The planned time, which the reports are about.'),
    firedAt: moment('When the reports were asked for.'),
    late: z.boolean().describe('Whether that was more than five minutes after its time.'),
    skipped: count.describe('Earlier times that were missed too, for which this one stands.'),
    askedBy: z.uuid().nullable().describe('Who asked for it out of its turn.'),
    runs: z
      .array(
        z.object({
          id: z.uuid().describe('The run; open to whoever sees all that is in it.'),
          status: z.enum(['queued', 'running', 'ready', 'failed']),
          deliveries: z.object({ queued: count, sending: count, sent: count, failed: count }).describe('How many there are, by how far they are.'),
        }),
      )
      .describe('One report for all who asked the same and may see the same.'),
  })
  .meta({ id: 'ScheduleOccurrence' });
export type OccurrenceAnswer = z.input<typeof occurrenceAnswer>;
export const occurrencesQuery = z.strictObject(pageBounds);
export type OccurrencesQuery = z.output<typeof occurrencesQuery>;
export const occurrencePage = pageSchema(occurrenceAnswer);
