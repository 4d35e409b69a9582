import { expect, test } from '@jest/globals';
import { createLogger } from '../../src/platform/logger.js';

function logged(fields: object, message = 'done'): string {
  const lines: string[] = [];
  createLogger({ logLevel: 'info' }, 'test', { write: (line) => void lines.push(line) }).info(fields, message);
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

test('secrets are removed at any depth', () => {
  const line = logged({
    req: { headers: { authorization: 'Bearer hunter2', cookie: 'sid=hunter2', accept: 'text/html' }, body: { a: [{ b: { password: 'hunter2' } }] } },
    deep: { one: { two: { three: { accessToken: { value: 'hunter2' }, jwtSecret: 'hunter2', rows: 3 } } } },
    err: Object.assign(new Error('cannot reach postgresql://app:hunter2@db/x'), { cause: new Error('Bearer hunter2') }),
  });
  expect(line).not.toContain('hunter2');
  expect(JSON.parse(line)).toMatchObject({ msg: 'done', req: { headers: { accept: 'text/html' } }, deep: { one: { two: { three: { rows: 3 } } } } });
  expect(line.endsWith('}\n')).toBe(true);
});

test('secrets in the message are removed', () => {
  expect(logged({}, 'redis://:hunter2@queue:6379 refused')).not.toContain('hunter2');
});

test('a line without secrets is left as it is', () => {
  expect(JSON.parse(logged({ rows: 3, at: { place: 'Bamako' } }))).toMatchObject({ rows: 3, at: { place: 'Bamako' } });
});
