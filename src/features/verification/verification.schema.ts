import { z } from 'zod';
import { moneySchema } from '../../http/wire.js';
import { readCode } from '../reports/code.js';

export const verificationParams = z.strictObject({
  code: z
    .string()
    .transform((text, context) => {
      const code = readCode(text);
      if (code === null) context.addIssue({ code: 'custom', message: 'format.reportCode' });
      return code ?? z.NEVER;
    })
    .describe('The code on the copy: twelve letters and digits. Case, spaces and hyphens do not matter; O is read as 0, I and L as 1.')
    .meta({ example: 'ABCD-EFGH-JKMN' }),
});

export const verificationAnswer = z
  .object({
    code: z.string().describe('As it is printed, in groups of four.'),
    kind: z.string().describe('The kind of report.'),
    title: z.string(),
    subtitle: z.array(z.string()).describe('For whom, over what, until when.'),
    asOf: z.string().describe('The moment the report is about, to the microsecond.'),
    computedAt: z.string().describe('When it was computed.'),
    codeVersion: z.string().describe('The version of the application that computed it.'),
    hash: z.string().describe('SHA-256 of the result, in hexadecimal.'),
    schedule: z
      .object({ dueAt: z.string().describe('The time it was planned for.'), late: z.boolean().describe('Whether it was made later than that.') })
      .nullable()
      .describe('Of a report made by a schedule.'),
    figures: z
      .array(z.object({ label: z.string(), text: z.string().describe('As it is read.'), amount: moneySchema.nullable().describe('Of a figure that is an amount.'), rule: z.string().describe('What it contains.') }))
      .describe('The figures at its head.'),
    files: z
      .array(z.object({ format: z.string(), language: z.string().describe('“-” where it has none.'), sha256: z.string().describe('In hexadecimal.') }))
      .describe('Every file of it; a copy of one has the same SHA-256.'),
    laterIssue: z.object({ asOf: z.string() }).nullable().describe('Of a report made by a schedule: the latest issue after it.'),
  })
  .meta({ id: 'Verification' });
export type Verification = z.output<typeof verificationAnswer>;
