import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { stoppableBy } from '../../src/cli/signals.js';

function world() {
  const source = new EventEmitter();
  const said: string[] = [];
  let ends = 0;
  const stoppable = stoppableBy(
    source,
    (text) => said.push(text),
    () => (ends += 1),
  );
  const listeners = () => source.listenerCount('SIGINT') + source.listenerCount('SIGTERM');
  return { source, said, stoppable, listeners, ends: () => ends };
}

it('asks the task to stop at the first signal, and ends at once at the second', async () => {
  const { source, said, stoppable, ends } = world();
  await stoppable(async (signal) => {
    expect(signal.aborted).toBe(false);
    source.emit('SIGINT');
    expect(signal.aborted).toBe(true);
    expect(ends()).toBe(0);
    source.emit('SIGTERM');
  });
  expect(ends()).toBe(1);
  expect(said).toHaveLength(1);
});

it('catches no signal before and after the task, even when it fails', async () => {
  const { stoppable, listeners } = world();
  expect(listeners()).toBe(0);
  await stoppable(async () => expect(listeners()).toBe(2));
  expect(listeners()).toBe(0);
  await expect(stoppable(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  expect(listeners()).toBe(0);
});
