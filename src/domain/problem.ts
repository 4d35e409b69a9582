/** Stable codes of everything that can be refused. The French and English sentences stand in `src/i18n`. */
export const problemCodes = [
  // input
  'VALIDATION',
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'CURSOR_INVALID',
  'AMOUNT_FORMAT',
  'AMOUNT_DIGITS',
  'AMOUNT_NOT_POSITIVE',
  'AMOUNT_ZERO',
  'AMOUNT_TOO_LARGE',
  'CURRENCY_UNKNOWN',
  'CURRENCY_MISMATCH',
  'CODE_UNKNOWN',
  'CODE_REPEATED',
  'SPLIT_NOT_WHOLE',
  'SPLIT_TOO_MANY_CELLS',
  'DESTINATION_INCOHERENT',
  'DATE_IN_FUTURE',
  'DATE_BEFORE_PARENT',
  'AS_OF_IN_FUTURE',
  'STATE_REQUIRED',
  'SINCE_NOT_BEFORE',
  'CRON_INVALID',
  'SCHEDULE_TOO_OFTEN',
  'INSTALMENTS_SUM',
  'REQUIREMENT_PARTS_EXCEED',
  // money rules
  'NO_RATE',
  'RATE_CONFLICT',
  'EXCEEDS_PLEDGE',
  'EXCEEDS_COMMITMENT',
  'BELOW_DISBURSED',
  'DONOR_MISMATCH',
  'HAS_CHILDREN',
  'NOT_POSTED',
  'IMPORTED_RECORD',
  'PARENT_REVERSED',
  'STATE_CONFLICT',
  'FOUR_EYES',
  'REVERSAL_PENDING',
  // contributions to funds, rounds, valuation
  'WINDOW_CLOSED',
  'BELOW_MINIMUM',
  'FUND_CLOSED',
  'FUND_MIRRORED',
  'CREDITED_UNEXPECTED',
  'OUTSIDE_FUND',
  'CURRENCY_IN_USE',
  'FUND_CIRCLE',
  'ROUND_CLOSED',
  'BELOW_AWARDED',
  'INSTRUMENT_MISMATCH',
  'VALUATION_REQUIRED',
  'VALUATION_UNEXPECTED',
  'VALUATION_MISMATCH',
  // operations of funds
  'EXCEEDS_FUND',
  'EXCEEDS_WINDOW',
  'EXCEEDS_ROUND',
  'EXCEEDS_ALLOCATION',
  'EXCEEDS_TRANSFERRED',
  'EXCEEDS_DEPOSITS',
  'BELOW_TRANSFERRED',
  'FUND_NOT_EMPTY',
  'PROPOSAL_MISMATCH',
  'RECEIVED_DIFFERS',
  // approvals and delegations
  'ALREADY_APPROVED',
  'DELEGATION_UNSUITABLE',
  'DELEGATION_TO_ONESELF',
  'DELEGATION_OVERLAPS',
  'DATE_IN_PAST',
  'PERIOD_TOO_LONG',
  // twins
  'DONOR_OWN_WORD',
  'TWIN_DONORS_DIFFER',
  'TOO_MANY_RECORDS',
  // periods
  'PERIOD_CLOSED',
  'PERIOD_NOT_OVER',
  'PERIOD_OUT_OF_ORDER',
  'REOPENING_PENDING',
  // master data
  'DUPLICATE',
  'CODE_IN_USE',
  'PERIOD_REVERSED',
  'MERGE_INTO_ITSELF',
  'ALREADY_MERGED',
  'DONOR_WITHOUT_ORGANISATION',
  'LAST_ADMINISTRATOR',
  'OWN_ACCOUNT',
  // requests
  'NOT_FOUND',
  'ROUTE_NOT_FOUND',
  'UNAUTHENTICATED',
  'BAD_CREDENTIALS',
  'TOO_MANY_ATTEMPTS',
  'SESSION_ENDED',
  'SECOND_FACTOR_NEEDED',
  'SECOND_FACTOR_WRONG',
  'FORBIDDEN',
  'OUT_OF_SCOPE',
  'RESTRICTED_NOT_ALLOWED',
  'SECOND_FACTOR_REQUIRED',
  'SECOND_FACTOR_NOT_SET_UP',
  'SECOND_FACTOR_MANDATORY',
  'PASSWORD_WRONG',
  'PASSWORD_TOO_SHORT',
  'PASSWORD_TOO_LONG',
  'PASSWORD_LEAKED',
  'PASSWORD_GUESSABLE',
  'LINK_INVALID',
  'PRECONDITION_REQUIRED',
  'STALE',
  'IDEMPOTENCY_KEY_INVALID',
  'IDEMPOTENCY_KEY_REUSED',
  'REPORT_NOT_READY',
  'REPORT_FAILED',
  'REPORT_WITHOUT_CELLS',
  'REPORT_CODE_UNKNOWN',
  'IMPORT_NO_FILE',
  'FILES_UNEXPECTED',
  'SNAPSHOT_INCOMPLETE',
  'WEBHOOK_INSECURE',
  // evidence
  'EVIDENCE_TYPE',
  'EVIDENCE_INFECTED',
  'EVIDENCE_NOT_SCANNED',
  'EVIDENCE_DUPLICATE',
  'EVIDENCE_CORRUPT',
  // instruments and what happens to them
  'EVENT_UNSUITABLE',
  'EVENT_OUT_OF_ORDER',
  'OUTSIDE_INSTRUMENT',
  'THRESHOLD_NOT_REACHED',
  'RELEASE_NOT_AUTOMATIC',
  'EXCEEDS_INSTRUMENT',
  // service
  'BUSY',
  'INTERNAL',
] as const;

export type ProblemCode = (typeof problemCodes)[number];

/** Values that fill the placeholders of a problem's sentence. */
export type ProblemParams = Readonly<Record<string, string | number>>;

/** A rule of the domain was broken; `field` is the dotted path of the input at fault. */
export class DomainError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly params: ProblemParams = {},
    readonly field?: string,
  ) {
    super(`${code}${field === undefined ? '' : ` at ${field}`} ${JSON.stringify(params)}`);
    this.name = 'DomainError';
  }
}

/** The same error, said of the given field. */
export function atField<T>(field: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof DomainError && error.field === undefined) throw new DomainError(error.code, error.params, field);
    throw error;
  }
}
