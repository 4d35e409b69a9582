import { z } from 'zod';
import { pageQuery, pageSchema } from '../../http/paging.js';
import { codeSchema, textSchema } from '../../http/text.js';
import { daySchema, idSchema, momentSchema, versionField } from '../../http/wire.js';
import { eventSorts } from './events.store.js';

const fields = {
  code: codeSchema,
  nameFr: textSchema(300).describe('French name.'),
  nameEn: textSchema(300).describe('English name.'),
  place: textSchema(200).nullable().describe('Where it takes place.'),
  startsOn: daySchema.describe('First day.'),
  endsOn: daySchema.nullable().describe('Last day, when it lasts several.'),
};

export const newEventBody = z.strictObject({ ...fields, place: fields.place.default(null), endsOn: fields.endsOn.default(null) });

export const eventPatchBody = z.strictObject(fields).partial();

export const eventSchema = z
  .object({
    id: idSchema,
    code: z.string().describe('Its code.'),
    nameFr: z.string().describe('French name.'),
    nameEn: z.string().describe('English name.'),
    place: z.string().nullable().describe('Where it takes place.'),
    startsOn: fields.startsOn,
    endsOn: fields.endsOn,
    recordedAt: momentSchema.describe('When it was recorded.'),
    version: versionField,
  })
  .meta({ id: 'Event' });

export const eventPageSchema = pageSchema(eventSchema).meta({ id: 'EventPage' });
export const eventQuery = z.strictObject(pageQuery(eventSorts, '-startsOn'));
