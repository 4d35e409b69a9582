import { z } from 'zod';
import type { RawFlows, BadRow } from './fts-csv.js';
import type { FtsOrg, RawFlow, RawSide } from './fts-flow.js';
import type { FtsLookups } from './fts-lookups.js';
import { clean, clip, type Fault } from './source-text.js';

/** What an API reply says of itself; amounts are decimal strings. */
export interface FtsHeader {
  /** Flows of the whole search, all pages together. */
  readonly expectedCount: number | null;
  readonly incoming: { readonly flowCount: number; readonly fundingTotal: string; readonly pledgeTotal: string } | null;
  readonly internal: { readonly flowCount: number } | null;
}

/** The flows of a JSON file with the header of each of its pages. */
export type RawJson = RawFlows & { readonly headers: readonly FtsHeader[] };

const stringsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON with every number kept as the string that was written, so that no digit of an amount is lost.
 * @throws SyntaxError when the text is not JSON
 */
export function parseExactJson(text: string): unknown {
  // Checked first: in valid JSON the pattern meets nothing but whole strings and whole numbers.
  JSON.parse(text);
  return JSON.parse(text.replace(stringsAndNumbers, (token) => (token.startsWith('"') ? token : `"${token}"`)));
}

const text = z
  .string()
  .nullish()
  .transform((value) => clean(value ?? ''));

const texts = z
  .array(z.string())
  .nullish()
  .transform((values) => (values ?? []).map(clean).filter((value) => value !== ''));

const flowObject = z.object({ type: z.string(), id: text, name: text, code: text, behavior: text, organizationTypes: texts });

const flowObjects = z
  .array(flowObject)
  .nullish()
  .transform((objects) => objects ?? []);

const flowShape = z.object({
  id: text,
  versionId: text,
  status: text,
  flowType: text,
  boundary: text,
  onBoundary: text,
  amountUSD: text,
  originalAmount: text,
  originalCurrency: text,
  exchangeRate: text,
  decisionDate: text,
  date: text,
  firstReportedDate: text,
  createdAt: text,
  updatedAt: text,
  sourceObjects: flowObjects,
  destinationObjects: flowObjects,
  description: text,
  refCode: text,
  keywords: texts,
  budgetYear: text,
  contributionType: text,
  method: text,
  grandBargainEarmarkingType: z.union([texts, z.string().transform((value) => [clean(value)])]),
  newMoney: z.boolean().nullish(),
  parentFlowId: text,
});

type FlowObjects = z.output<typeof flowObjects>;

const count = z.string().regex(/^\d{1,9}$/).transform(Number);

const headerShape = z.object({
  incoming: z.object({ flowCount: count, fundingTotal: z.string(), pledgeTotal: z.string() }).nullable().catch(null),
  internal: z.object({ flowCount: count }).nullable().catch(null),
  expectedCount: count.nullable().catch(null),
});

interface Page {
  readonly flows: readonly unknown[];
  readonly header: FtsHeader | null;
}

/** Reads replies of the FTS API: a page `{status, data: {incoming, internal, flows}, meta}`, several in an array, or flows alone. */
export function readFtsJson(file: string, source: string, lookups: FtsLookups): RawJson {
  let document: unknown;
  try {
    document = parseExactJson(source);
  } catch (error) {
    return { fault: { code: 'MALFORMED_JSON', found: clip(error instanceof Error ? error.message : '') }, headers: [] };
  }
  const pages = pagesOf(document);
  if (!pages) return { fault: noFlows(document), headers: [] };

  const flows: RawFlow[] = [];
  const badRows: BadRow[] = [];
  pages.flatMap((page) => page.flows).forEach((value, index) => {
    const parsed = flowShape.safeParse(value);
    if (parsed.success) flows.push(toRaw(file, index + 1, parsed.data, lookups));
    else badRows.push(wrongShape(index + 1, value, parsed.error));
  });
  return { flows, badRows, headers: pages.map((page) => page.header).filter((header) => header !== null) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pagesOf(document: unknown): readonly Page[] | null {
  if (!Array.isArray(document)) {
    const page = pageOf(document);
    return page && [page];
  }
  const pages = document.map(pageOf).filter((page) => page !== null);
  return pages.length > 0 && pages.length === document.length ? pages : [{ flows: document, header: null }];
}

function pageOf(document: unknown): Page | null {
  if (!isRecord(document)) return null;
  const { data } = document;
  if (Array.isArray(document.flows)) return { flows: document.flows, header: null };
  if (Array.isArray(data)) return { flows: data, header: null };
  if (!isRecord(data) || !Array.isArray(data.flows)) return null;
  const meta = isRecord(document.meta) ? document.meta : {};
  const header = headerShape.parse({ incoming: data.incoming, internal: data.internal, expectedCount: meta.count });
  return { flows: data.flows, header };
}

/** The API answers an error with status and message in place of the data. */
function noFlows(document: unknown): Fault {
  const message = isRecord(document) ? (document.message ?? document.error ?? document.status) : undefined;
  if (typeof message === 'string' && message !== 'ok') return { code: 'SOURCE_ERROR', found: clip(message) };
  return { code: 'NO_FLOWS', found: isRecord(document) ? clip(Object.keys(document).join(', ')) : '' };
}

function wrongShape(row: number, value: unknown, error: z.ZodError): BadRow {
  const issue = error.issues[0];
  const id = isRecord(value) && typeof value.id === 'string' && /^\d+$/.test(value.id) ? value.id : null;
  return { row, flowId: id && clip(id), field: issue?.path.join('.') ?? '', code: 'FIELD_TYPE', found: clip(issue?.message ?? '') };
}

function toRaw(file: string, row: number, flow: z.output<typeof flowShape>, lookups: FtsLookups): RawFlow {
  const { sourceObjects, destinationObjects, versionId, grandBargainEarmarkingType, newMoney, ...same } = flow;
  const [project] = ofType(destinationObjects, 'Project');
  return {
    ...same,
    file,
    row,
    version: versionId,
    source: toSide(sourceObjects, lookups),
    destination: {
      ...toSide(destinationObjects, lookups),
      plans: ofType(destinationObjects, 'Plan').map(({ id, code, name }) => ({ ftsId: id || null, code: code || null, name })),
      clusters: ofType(destinationObjects, 'GlobalCluster').map(({ name }) => name),
      project: project ? { code: project.code || null, name: project.name } : null,
      emergencies: ofType(destinationObjects, 'Emergency').map(({ name }) => name),
    },
    othersNotListed: othersNotListed(destinationObjects),
    earmarking: grandBargainEarmarkingType.join(', '),
    newMoney: newMoney ?? null,
  };
}

function ofType(objects: FlowObjects, type: string): FlowObjects {
  return objects.filter((object) => object.type === type);
}

function toSide(objects: FlowObjects, lookups: FtsLookups): RawSide {
  return {
    organisations: ofType(objects, 'Organization').map(
      ({ id, name, organizationTypes }): FtsOrg => ({ ftsId: id || null, name, types: [...new Set(organizationTypes)] }),
    ),
    countries: ofType(objects, 'Location').map(({ name }) => ({ found: name, iso3: lookups.countryByName(name) })),
    usageYears: { years: ofType(objects, 'UsageYear').map(({ name }) => name) },
  };
}

/** A single country that is marked as shared, or a flow on which nothing listed is several, is shared with something not listed. */
function othersNotListed(objects: FlowObjects): boolean {
  const countries = ofType(objects, 'Location');
  if (countries.length !== 1) return false;
  return countries[0]?.behavior === 'shared' || (ofType(objects, 'UsageYear').length <= 1 && ofType(objects, 'Plan').length <= 1);
}
