import type { z } from 'zod';
import type { Deps } from '../deps.js';
import type { Actor, Permission } from '../domain/policy.js';
import type { ProblemCode } from '../domain/problem.js';
import type { Language } from '../i18n/language.js';
import type { Config } from '../platform/config.js';
import type { Tx } from '../platform/db.js';
import type { Precondition } from './precondition.js';

/** From where a request came. */
export interface Origin {
  readonly address: string | null;
  readonly agent: string | null;
}

/** What every handler gets besides the parsed request. `db` is the request's transaction; it reaches the actor's rows only. */
export interface RequestContext {
  readonly db: Tx;
  readonly deps: Deps;
  readonly actor: Actor;
  readonly language: Language;
  readonly requestId: string;
  readonly origin: Origin;
  /** An endpoint that edits compares it with the record it has locked. */
  readonly precondition: Precondition;
  readonly now: Date;
}

/** A file received as multipart/form-data. */
export interface UploadedFile {
  readonly name: string;
  readonly content: Buffer;
}

export interface Reply {
  readonly status: number;
  /** An object is checked against the response schema and sent as JSON; a buffer is sent as it is. */
  readonly body: object | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The act of reading, such as "report.download": "report" is the kind of the record. `detail` is kept besides what was asked. */
export interface AuditedRead {
  readonly action: string;
  readonly detail?: object;
}

type Infer<S> = S extends z.ZodType ? z.output<S> : undefined;

/** An endpoint as a value: its address, its right, its shapes, and what it does. */
export interface Endpoint<P = unknown, Q = unknown, B = unknown> {
  readonly method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** OpenAPI path, e.g. /v1/pledges/{id}. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** "public" needs no token, "signed-in" any user; otherwise a right of the policy's table. */
  readonly access: Permission | 'public' | 'signed-in';
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** Takes files, at most so many, none larger than the setting says. */
  readonly files?: { readonly most: number; readonly largest: keyof Config & ('importMaxBytes' | 'evidenceMaxBytes') };
  /** Open to a session whose second factor is still to be set up or given. */
  readonly withoutSecondFactor?: boolean;
  /** Changes a record that the client has read: asks for If-Match, and the handler compares. */
  readonly edits?: boolean;
  /** Takes an Idempotency-Key: the answer is kept with the data it wrote. */
  readonly idempotent?: boolean;
  /** A sensitive read: the act of which the audit trail keeps a trace with each answer; a function tells by the answer, null for none. */
  readonly audits?: string | ((context: RequestContext, body: Reply['body']) => Promise<AuditedRead | null>);
  /** False for an endpoint that opens its own transactions, as one does that hashes passwords or counts what it refuses. */
  readonly transaction?: false;
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    /** Other than application/json. */
    readonly contentType?: string;
  };
  readonly problems?: readonly ProblemCode[];
  readonly handler: (
    context: RequestContext,
    input: { readonly params: P; readonly query: Q; readonly body: B; readonly files: readonly UploadedFile[] },
  ) => Promise<Reply>;
}

/** Keeps the types of an endpoint's parts together while it is written down. */
export function defineEndpoint<
  PS extends z.ZodType | undefined = undefined,
  QS extends z.ZodType | undefined = undefined,
  BS extends z.ZodType | undefined = undefined,
>(
  endpoint: Omit<Endpoint, 'params' | 'query' | 'body' | 'handler'> & {
    readonly params?: PS;
    readonly query?: QS;
    readonly body?: BS;
    readonly handler: Endpoint<Infer<PS>, Infer<QS>, Infer<BS>>['handler'];
  },
): Endpoint {
  return endpoint as unknown as Endpoint;
}

export function ok(body: object): Reply {
  return { status: 200, body };
}

/** 201 with the address of what was made. */
export function created(body: object, location: string): Reply {
  return { status: 201, body, headers: { location } };
}
