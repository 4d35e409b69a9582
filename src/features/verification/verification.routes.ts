import { defineEndpoint, type Endpoint, ok } from '../../http/endpoint.js';
import { verificationAnswer, verificationParams } from './verification.schema.js';
import { verifyCopy } from './verification.service.js';

export const verificationEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/verify/{code}',
    operationId: 'verifyCopy',
    tag: 'Reports',
    summary: 'Check a copy of a report',
    description: 'For anybody who holds one: whether a report with this code was computed here, what stands at its head, and by what its files are known.',
    access: 'public',
    params: verificationParams,
    success: { status: 200, description: 'The report that the code stands for.', schema: verificationAnswer },
    problems: ['REPORT_CODE_UNKNOWN', 'TOO_MANY_ATTEMPTS'],
    handler: async (context, { params }) => ok(await verifyCopy(context, params.code)),
  }),
];
