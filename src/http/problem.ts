import type { ErrorRequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError, type ProblemCode, type ProblemParams } from '../domain/problem.js';
import type { Language } from '../i18n/language.js';
import { problemText } from '../i18n/problems.js';
import { isUnavailable } from '../platform/db.js';
import { issueText } from './input-issue.js';
import { languageOf } from './language.js';
import { requestIdOf } from './request-id.js';

/** The HTTP status of each problem; a new code without one does not compile. */
export const statusOf = {
  VALIDATION: 400,
  MALFORMED_JSON: 400,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  CURSOR_INVALID: 400,
  AMOUNT_FORMAT: 400,
  AMOUNT_DIGITS: 400,
  AMOUNT_NOT_POSITIVE: 400,
  AMOUNT_ZERO: 400,
  AMOUNT_TOO_LARGE: 400,
  CURRENCY_UNKNOWN: 400,
  CURRENCY_MISMATCH: 422,
  CODE_UNKNOWN: 400,
  CODE_REPEATED: 400,
  SPLIT_NOT_WHOLE: 400,
  SPLIT_TOO_MANY_CELLS: 400,
  DESTINATION_INCOHERENT: 400,
  DATE_IN_FUTURE: 400,
  DATE_BEFORE_PARENT: 422,
  AS_OF_IN_FUTURE: 400,
  STATE_REQUIRED: 400,
  SINCE_NOT_BEFORE: 400,
  CRON_INVALID: 400,
  SCHEDULE_TOO_OFTEN: 400,
  INSTALMENTS_SUM: 400,
  REQUIREMENT_PARTS_EXCEED: 400,
  NO_RATE: 422,
  RATE_CONFLICT: 409,
  EXCEEDS_PLEDGE: 422,
  EXCEEDS_COMMITMENT: 422,
  BELOW_DISBURSED: 422,
  DONOR_MISMATCH: 422,
  HAS_CHILDREN: 409,
  NOT_POSTED: 409,
  IMPORTED_RECORD: 409,
  PARENT_REVERSED: 409,
  STATE_CONFLICT: 409,
  FOUR_EYES: 403,
  REVERSAL_PENDING: 409,
  WINDOW_CLOSED: 422,
  BELOW_MINIMUM: 422,
  FUND_CLOSED: 409,
  FUND_MIRRORED: 409,
  CREDITED_UNEXPECTED: 400,
  OUTSIDE_FUND: 422,
  CURRENCY_IN_USE: 409,
  FUND_CIRCLE: 409,
  ROUND_CLOSED: 409,
  BELOW_AWARDED: 422,
  INSTRUMENT_MISMATCH: 422,
  VALUATION_REQUIRED: 400,
  VALUATION_UNEXPECTED: 400,
  VALUATION_MISMATCH: 400,
  EXCEEDS_FUND: 422,
  EXCEEDS_WINDOW: 422,
  EXCEEDS_ROUND: 422,
  EXCEEDS_ALLOCATION: 422,
  EXCEEDS_TRANSFERRED: 422,
  EXCEEDS_DEPOSITS: 422,
  BELOW_TRANSFERRED: 422,
  FUND_NOT_EMPTY: 409,
  PROPOSAL_MISMATCH: 422,
  RECEIVED_DIFFERS: 422,
  ALREADY_APPROVED: 409,
  DELEGATION_UNSUITABLE: 422,
  DELEGATION_TO_ONESELF: 422,
  DELEGATION_OVERLAPS: 409,
  DATE_IN_PAST: 400,
  PERIOD_TOO_LONG: 400,
  DONOR_OWN_WORD: 403,
  TWIN_DONORS_DIFFER: 422,
  TOO_MANY_RECORDS: 400,
  PERIOD_CLOSED: 409,
  PERIOD_NOT_OVER: 422,
  PERIOD_OUT_OF_ORDER: 409,
  REOPENING_PENDING: 409,
  DUPLICATE: 409,
  CODE_IN_USE: 409,
  PERIOD_REVERSED: 400,
  MERGE_INTO_ITSELF: 400,
  ALREADY_MERGED: 409,
  DONOR_WITHOUT_ORGANISATION: 400,
  LAST_ADMINISTRATOR: 409,
  OWN_ACCOUNT: 403,
  NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  BAD_CREDENTIALS: 401,
  TOO_MANY_ATTEMPTS: 429,
  SESSION_ENDED: 401,
  SECOND_FACTOR_NEEDED: 401,
  SECOND_FACTOR_WRONG: 401,
  FORBIDDEN: 403,
  OUT_OF_SCOPE: 403,
  RESTRICTED_NOT_ALLOWED: 403,
  SECOND_FACTOR_REQUIRED: 403,
  SECOND_FACTOR_NOT_SET_UP: 409,
  SECOND_FACTOR_MANDATORY: 409,
  PASSWORD_WRONG: 403,
  PASSWORD_TOO_SHORT: 400,
  PASSWORD_TOO_LONG: 400,
  PASSWORD_LEAKED: 400,
  PASSWORD_GUESSABLE: 400,
  LINK_INVALID: 400,
  PRECONDITION_REQUIRED: 428,
  STALE: 412,
  IDEMPOTENCY_KEY_INVALID: 400,
  IDEMPOTENCY_KEY_REUSED: 409,
  REPORT_NOT_READY: 409,
  REPORT_FAILED: 409,
  REPORT_WITHOUT_CELLS: 409,
  REPORT_CODE_UNKNOWN: 404,
  IMPORT_NO_FILE: 400,
  FILES_UNEXPECTED: 400,
  SNAPSHOT_INCOMPLETE: 422,
  WEBHOOK_INSECURE: 400,
  EVIDENCE_TYPE: 415,
  EVIDENCE_INFECTED: 422,
  EVIDENCE_NOT_SCANNED: 503,
  EVIDENCE_DUPLICATE: 409,
  EVIDENCE_CORRUPT: 500,
  EVENT_UNSUITABLE: 422,
  EVENT_OUT_OF_ORDER: 422,
  OUTSIDE_INSTRUMENT: 422,
  THRESHOLD_NOT_REACHED: 422,
  RELEASE_NOT_AUTOMATIC: 422,
  EXCEEDS_INSTRUMENT: 422,
  BUSY: 503,
  INTERNAL: 500,
} as const satisfies Record<ProblemCode, number>;

/** RFC 9457 problem details, as sent. */
export const problemSchema = z
  .object({
    type: z.string().describe('A stable address for the kind of problem: urn:liptako:problem:<CODE>.'),
    title: z.string().describe('What is wrong, in the reader’s language.'),
    status: z.int().describe('The HTTP status.'),
    code: z.string().describe('The stable code of the problem.'),
    detail: z.string().describe('What would be right, in the reader’s language.'),
    instance: z.string().optional().describe('The request id.'),
    field: z.string().optional().describe('The dotted path of the input at fault.'),
    errors: z
      .array(z.object({ field: z.string(), code: z.string(), detail: z.string() }))
      .optional()
      .describe('Every field at fault, for VALIDATION.'),
  })
  .meta({ id: 'Problem' });

type FieldError = NonNullable<z.infer<typeof problemSchema>['errors']>[number];

/** The input did not fit its schema; the issues are put into words when the answer is written. */
export class InvalidInput extends Error {
  constructor(
    readonly part: 'params' | 'query' | 'body' | 'headers',
    readonly error: z.ZodError,
  ) {
    super(`invalid ${part}`);
  }
}

function fieldErrors({ part, error }: InvalidInput, language: Language): FieldError[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.');
    return { field: path === '' ? part : path, code: issue.code.toUpperCase(), detail: issueText(issue, language) };
  });
}

export function sendProblem(
  res: Response,
  language: Language,
  code: ProblemCode,
  more: { readonly params?: ProblemParams; readonly field?: string | undefined; readonly errors?: FieldError[] } = {},
): void {
  const requestId = requestIdOf(res);
  const status = statusOf[code];
  const { title, detail } = problemText(language, code, { requestId, ...more.params });
  if (status === 401) res.setHeader('www-authenticate', 'Bearer realm="liptako"');
  if (status === 503) res.setHeader('retry-after', '2');
  if (status === 429) res.setHeader('retry-after', String(more.params?.seconds ?? 60));
  res
    .status(status)
    .type('application/problem+json')
    .setHeader('content-language', language)
    .send(
      JSON.stringify({
        type: `urn:liptako:problem:${code}`,
        title,
        status,
        code,
        detail,
        ...(requestId !== '' && { instance: requestId }),
        ...(more.field !== undefined && { field: more.field }),
        ...(more.errors && { errors: more.errors }),
      }),
    );
}

export const problemHandler: ErrorRequestHandler = (error: unknown, req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const language = languageOf(req);
  if (error instanceof DomainError) {
    sendProblem(res, language, error.code, { params: error.params, field: error.field });
    return;
  }
  if (error instanceof InvalidInput) {
    const errors = fieldErrors(error, language);
    sendProblem(res, language, 'VALIDATION', { field: errors[0]?.field, errors });
    return;
  }
  if (error instanceof URIError) {
    sendProblem(res, language, 'ROUTE_NOT_FOUND', { params: { method: req.method, path: req.path } });
    return;
  }
  const kind = error instanceof Error && 'type' in error ? String(error.type) : '';
  if (kind === 'entity.parse.failed' || kind === 'charset.unsupported' || kind === 'encoding.unsupported') {
    sendProblem(res, language, 'MALFORMED_JSON');
    return;
  }
  const limit = error instanceof Error && 'limit' in error ? Number(error.limit) : 0;
  if (kind === 'entity.too.large') {
    sendProblem(res, language, 'BODY_TOO_LARGE', { params: { limit } });
    return;
  }
  if (isUnavailable(error)) {
    req.log.warn({ err: error }, 'unavailable');
    sendProblem(res, language, 'BUSY');
    return;
  }
  req.log.error({ err: error }, 'request failed');
  sendProblem(res, language, 'INTERNAL');
};
