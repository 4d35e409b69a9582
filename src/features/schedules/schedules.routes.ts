import { created, defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { idParams } from '../../http/wire.js';
import { emptyBody } from '../flows/decision.schema.js';
import {
  occurrenceAnswer, occurrencePage, occurrencesQuery, previewAnswer, previewBody, previewQuery, scheduleAnswer, scheduleBody, schedulePage, schedulePatchBody, schedulesQuery,
} from './schedules.schema.js'; // prettier-ignore
import {
  createSchedule, getSchedule, listOccurrences, listSchedules, previewSchedule, previewTiming, runSchedule, updateSchedule,
} from './schedules.service.js'; // prettier-ignore

const tag = 'Report schedules';
const refusals = ['CRON_INVALID', 'SCHEDULE_TOO_OFTEN', 'DATE_IN_PAST', 'CODE_UNKNOWN', 'OUT_OF_SCOPE'] as const;

/** Reports that are made again and again, and sent. */
export const scheduleEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/report-schedules',
    operationId: 'listSchedules',
    tag,
    summary: 'List the scheduled reports',
    description: 'Your own; all of them for administrators and auditors.',
    access: 'schedule:read',
    query: schedulesQuery,
    success: { status: 200, description: 'One page.', schema: schedulePage },
    problems: ['CURSOR_INVALID'],
    handler: async (context, { query }) => ok(await listSchedules(context, query)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/report-schedules',
    operationId: 'createSchedule',
    tag,
    summary: 'Have a report made and sent again and again',
    description: 'At each time, whoever is on the list then gets the report over what they may see; recipients who ask the same and may see the same share one.',
    access: 'schedule:write',
    body: scheduleBody,
    idempotent: true,
    success: { status: 201, description: 'It tells when it is due next.', schema: scheduleAnswer },
    problems: refusals,
    handler: async (context, { body }) => {
      const schedule = await createSchedule(context, body);
      return created(schedule, `/v1/report-schedules/${schedule.id}`);
    },
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/report-schedules/preview',
    operationId: 'previewTiming',
    tag,
    summary: 'The next times of a timing, before it is kept',
    description: 'Keeps nothing. Before an event there is one time at most.',
    access: 'schedule:write',
    body: previewBody,
    success: { status: 200, description: 'The times.', schema: previewAnswer },
    problems: ['CRON_INVALID', 'SCHEDULE_TOO_OFTEN', 'CODE_UNKNOWN'],
    handler: async (context, { body }) => ok(await previewTiming(context, body)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/report-schedules/{id}',
    operationId: 'getSchedule',
    tag,
    summary: 'One scheduled report',
    access: 'schedule:read',
    params: idParams,
    success: { status: 200, description: 'The schedule.', schema: scheduleAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ok(await getSchedule(context, params.id)),
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/report-schedules/{id}',
    operationId: 'updateSchedule',
    tag,
    summary: 'Change a scheduled report, pause it or let it run again',
    description: 'Absent fields stay unchanged. What falls due while it is paused is not made up for.',
    access: 'schedule:write',
    edits: true,
    params: idParams,
    body: schedulePatchBody,
    success: { status: 200, description: 'The schedule after the change.', schema: scheduleAnswer },
    problems: ['NOT_FOUND', ...refusals],
    handler: async (context, { params, body }) => ok(await updateSchedule(context, params.id, body)),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/report-schedules/{id}/preview',
    operationId: 'previewSchedule',
    tag,
    summary: 'The next times of a scheduled report',
    description: 'Also while it is paused.',
    access: 'schedule:read',
    params: idParams,
    query: previewQuery,
    success: { status: 200, description: 'The times.', schema: previewAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params, query }) => ok(await previewSchedule(context, params.id, query.count)),
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/report-schedules/{id}/run',
    operationId: 'runSchedule',
    tag,
    summary: 'Make and send the report now, besides its planned times',
    description: 'About this very moment, to whoever is on the list now; also while it is paused.',
    access: 'schedule:write',
    params: idParams,
    body: emptyBody,
    idempotent: true,
    success: { status: 202, description: 'The reports are queued, and sent once they are ready.', schema: occurrenceAnswer },
    problems: ['NOT_FOUND'],
    handler: async (context, { params }) => ({
      status: 202,
      body: await runSchedule(context, params.id),
      headers: { location: `/v1/report-schedules/${params.id}/occurrences` },
    }),
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/report-schedules/{id}/occurrences',
    operationId: 'listOccurrences',
    tag,
    summary: 'The times that were met, with their reports and deliveries',
    description: 'The latest first.',
    access: 'schedule:read',
    params: idParams,
    query: occurrencesQuery,
    success: { status: 200, description: 'One page.', schema: occurrencePage },
    problems: ['NOT_FOUND', 'CURSOR_INVALID'],
    handler: async (context, { params, query }) => ok(await listOccurrences(context, params.id, query)),
  }),
];
