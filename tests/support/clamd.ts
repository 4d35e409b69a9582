import { createServer, type Server } from 'node:net';

// Written in two, so that no scanner takes this file for the test virus.
export const EICAR = Buffer.from(String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*');

/** Speaks INSTREAM as clamd does: the command up to a NUL, chunks with their length, a chunk of none, one reply. */
export function clamd(replyTo: (content: Buffer) => string, largest = Infinity): Server {
  return createServer((socket) => {
    let input = Buffer.alloc(0);
    socket.on('data', (data) => {
      input = Buffer.concat([input, data]);
      if (input.length >= 10 && input.toString('latin1', 0, 10) !== 'zINSTREAM\0') return void socket.end('UNKNOWN COMMAND\0');
      const content = contentOf(input.subarray(10));
      if (input.length > largest) return void socket.end('INSTREAM size limit exceeded. ERROR\0');
      if (content) socket.end(replyTo(content));
    });
  });
}

function contentOf(input: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; at + 4 <= input.length; ) {
    const length = input.readUInt32BE(at);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(input.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}
