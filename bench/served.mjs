// A program that waits between two measurements: it answers each line of JSON on stdin with one on stdout.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts it and waits for its first line. `greeting` is that line; `ask(command)` resolves to the answer. */
export async function serve(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let words = '';
  child.stderr.on('data', (text) => {
    words = `${words}${text}`.slice(-4000);
  });
  child.stdin.on('error', () => {}); // it ended: the reader below tells why
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  ended.catch(() => {});
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  const next = async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) {
      const [code, signal] = await ended;
      throw new Error(`${command} ${args.join(' ')} ended (${signal ?? `code ${code}`}); its last words:\n${words}`);
    }
    return JSON.parse(value);
  };
  return {
    greeting: await next(),
    ask: (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next();
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await ended;
    },
  };
}
