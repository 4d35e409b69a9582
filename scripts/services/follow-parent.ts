// Loaded before a child of `npm start`: when the parent is killed, the child drains and ends instead of living on.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
