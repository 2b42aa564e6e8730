import { expect, it, onTestFinished, vi } from 'vitest';
import { duration, Progress } from '../../src/cli/progress.js';
import { RunEvent } from '../../src/core/run-event.js';
import { START } from '../trainers/fake-native.js';

const step = (number: number, seconds: number) =>
  RunEvent.parse({
    event: 'step',
    step: number,
    steps: 5,
    epoch: 1,
    loss: 0.5,
    learningRate: 0.1,
    gradientNorm: 1,
    tokens: 100,
    columns: 80,
    lossTokens: 2,
    seconds,
  });

/** Shows events on a screen and returns what was written to it. */
function shown(isTTY: boolean, events: readonly RunEvent[], environment: Record<string, string> = {}): string {
  let text = '';
  const progress = new Progress({ write: (part: string) => (text += part), isTTY, columns: 60 }, environment);
  for (const event of events) progress.event(event);
  progress.end();
  return text;
}

it('rewrites one line on a terminal and ends it', () => {
  const text = shown(true, [step(1, 10), step(5, 50)]);
  expect(text).toContain('\r\u001b[K');
  expect(text.split('\n')).toHaveLength(2);
  expect(text.endsWith('\n')).toBe(true);
});

it('prints plain lines elsewhere: the first step, now and then, and the last', () => {
  const text = shown(false, [step(1, 10), step(2, 20), step(3, 30), step(5, 50)]);
  expect(text).not.toContain('\u001b');
  expect(text.trim().split('\n')).toEqual([
    'step 1/5  epoch 1  loss 0.5000',
    // 3 events after the first with 100 tokens each in 40 s; none left
    'step 5/5  epoch 1  loss 0.5000  8 tokens/s  0 s left',
  ]);
});

it('times from the first step, because what stands before it happens once', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let text = '';
  const progress = new Progress({ write: (part: string) => (text += part), isTTY: true, columns: 90 }, {});
  progress.event(step(1, 100));
  vi.advanceTimersByTime(1000); // or the redraw would be left out
  progress.event(step(3, 120));
  expect(text).toContain('5 tokens/s'); // 100 tokens in 20 s
  expect(text).toContain('20 s left'); // 2 steps are left
});

it('begins anew with each task', () => {
  const text = shown(false, [RunEvent.parse(START), step(1, 1), step(5, 2), RunEvent.parse(START), step(1, 1)]);
  expect(text.match(/step 1\/5/g)).toHaveLength(2);
});

it('counts scored rows', () => {
  const data = { event: 'data', rows: 2, tokens: 9, columns: 9, lossTokens: 0, longest: 5, truncatedRows: 1 };
  const score = (row: number) => ({ event: 'score', row, logOdds: 1, labelMass: 0.5 });
  const truncated = { event: 'truncated', row: 7, droppedHistory: 2 };
  const text = shown(
    false,
    [truncated, data, score(0), score(1)].map((event) => RunEvent.parse(event)),
  );
  expect(text).toContain('too long, oldest history dropped: 1 rows: 7\n');
  expect(text).toContain('scored 2/2 rows');
});

it('says how far sixteen bits stray, and nothing of f32', () => {
  const strays = { event: 'precision', asked: 'auto', chosen: 'bf16', difference: 0.0031, tolerance: 0.05 };
  const exact = { event: 'precision', asked: 'auto', chosen: 'f32', difference: null, tolerance: null };
  const text = shown(false, [RunEvent.parse(exact), RunEvent.parse(strays)]);
  expect(text).toBe('precision bf16: logits and gradients differ from f32 by 3.1e-3 of their size (tolerance 0.05)\n');
});

it('keeps a dumb terminal free of escapes', () => {
  expect(shown(true, [step(1, 1)], { TERM: 'dumb' })).not.toContain('\u001b');
});

it('never writes past the width of the terminal', () => {
  let text = '';
  const progress = new Progress({ write: (part: string) => (text += part), isTTY: true, columns: 20 }, {});
  progress.event(step(1, 1));
  for (const line of text.replaceAll('\r\u001b[K', '\n').split('\n')) expect(line.length).toBeLessThan(20);
});

it.each([
  { seconds: 0.4, words: '0 s' },
  { seconds: 59.7, words: '1 min 0 s' },
  { seconds: 3725, words: '1 h 2 min' },
])('says $seconds s as $words', ({ seconds, words }) => expect(duration(seconds)).toBe(words));

it('tells how many texts are written, how fast, and how long the rest takes', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  let text = '';
  const progress = new Progress({ write: (part: string) => (text += part), isTTY: false }, {});
  const say = (event: unknown) => progress.event(RunEvent.parse(event));
  say({ ...START, verb: 'generate' });
  say({ event: 'prompts', prompts: 5, tokens: 90, longest: 30 });
  clock.mockReturnValue(20_000);
  say({ event: 'generated', id: 2, text: 'x', tokens: 100, end: 'stop' });
  expect(text).toContain('prompts: 5, 90 tokens, longest 30\n');
  expect(text).toContain('written 1/5 texts  5 tokens/s  1 min 20 s left\n');
});
