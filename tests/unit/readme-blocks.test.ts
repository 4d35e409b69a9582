import { expect, test } from '@jest/globals';
import { commandBlocks, missingLines } from '../support/readme-blocks.js';

const SAMPLE = `# Title

\`\`\`bash
echo outside
\`\`\`

## Cinq minutes, montre en main

\`\`\`sh
npm start
\`\`\`

\`\`\`bash
one
## two is a comment
\`\`\`

Some words.

\`\`\`text
first …

second
\`\`\`

\`\`\`bash
three
\`\`\`

\`\`\`json
{}
\`\`\`

## Next

\`\`\`bash
echo outside too
\`\`\`
`;

test('the bash blocks of one section are found, with what each has to print', () => {
  expect(commandBlocks(SAMPLE, '## Cinq minutes')).toEqual([
    { line: 13, commands: 'one\n## two is a comment', expected: ['first …', 'second'] },
    { line: 26, commands: 'three', expected: [] },
  ]);
  expect(commandBlocks(SAMPLE, '## Other')).toEqual([]);
});

test('an expected line is part of a line of the output, with anything in place of the dots', () => {
  const output = 'status: ready (100 %)\r\nANN-2025-000042 saved\n';
  expect(missingLines(['ready (100 %)', 'ANN-2025-… saved', 'status: … %'], output)).toEqual([]);
  expect(missingLines(['ready (10 %)', 'ANN-2026-…', 'saved … status'], output)).toEqual(['ready (10 %)', 'ANN-2026-…', 'saved … status']);
});
