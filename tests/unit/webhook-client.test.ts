import { expect, test } from '@jest/globals';
import { isPrivate, newWebhookSecret, webhookHeaders } from '../../src/platform/webhook-client.js';

test('a message is signed as the Standard Webhooks specification shows it', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  expect(webhookHeaders(message, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', new Date(1614265330_000))).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  expect(newWebhookSecret()).not.toBe(newWebhookSecret());
});

test.each([
  '0.0.0.0', '10.1.2.3', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.0.9', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1',
  '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::7f00:1', '64:ff9b::a00:1', '2002:a00:1::', 'fc00::1', 'fdff::1', 'fe80::1', 'ff02::1',
])('%s is private', (address) => {
  expect(isPrivate(address)).toBe(true);
}); // prettier-ignore

test.each(['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '193.0.0.1', '2606:4700::1', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPrivate(address)).toBe(false);
});
