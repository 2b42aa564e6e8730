import { expect, it } from 'vitest';
import { RunEvent } from '../../src/core/run-event.js';
import { standingEvents, trainingSeconds } from '../../src/core/run-history.js';
import { DONE, START } from './fake-native.js';

const start = RunEvent.parse(START);
const done = RunEvent.parse(DONE);
const step = (number: number, loss = number): RunEvent => ({
  event: 'step',
  step: number,
  steps: 9,
  epoch: 1,
  loss,
  learningRate: 0.1,
  gradientNorm: 1,
  tokens: 1,
  columns: 1,
  lossTokens: 1,
  seconds: 1,
});
const checkpoint = (number: number): RunEvent => ({ event: 'checkpoint', step: number, path: 'c' });
const resumed = (number: number): RunEvent => ({ event: 'resumed', step: number, checkpoint: 'c' });
const stopped = (number: number): RunEvent => ({ event: 'stopped', step: number, checkpoint: 'c' });
const failed: RunEvent = { event: 'error', code: 3, what: 'w', where: 'h', fix: 'f' };

it.each([
  { case: 'nothing', events: [], standing: [] },
  { case: 'one attempt', events: [start, step(1), done], standing: [start, step(1), done] },
  {
    case: 'a crash after the checkpoint, then a resume',
    events: [start, step(1), checkpoint(1), step(2, 20), start, resumed(1), step(2, 21), done],
    standing: [start, step(1), checkpoint(1), resumed(1), step(2, 21), done],
  },
  {
    case: 'a stop and two resumes',
    events: [start, step(1), stopped(1), start, resumed(1), step(2), stopped(2), start, resumed(2), step(3), done],
    standing: [start, step(1), resumed(1), step(2), resumed(2), step(3), done],
  },
  {
    case: 'a new beginning',
    events: [start, step(1, 5), start, step(1, 6), done],
    standing: [start, step(1, 6), done],
  },
  {
    case: 'a resume that failed at once',
    events: [start, step(1), stopped(1), start, failed],
    standing: [start, step(1), stopped(1)],
  },
  { case: 'nothing but a failure', events: [start, failed], standing: [start, failed] },
])('keeps what counts of $case', ({ events, standing }) => expect(standingEvents(events)).toEqual(standing));

const at = (seconds: number): RunEvent => ({ ...step(seconds), seconds }) as RunEvent;
const doneAt = (seconds: number): RunEvent => ({ ...done, seconds }) as RunEvent;

it.each([
  { case: 'one attempt', events: [start, at(3), doneAt(4)], seconds: 4 },
  {
    case: 'a stop and a resume',
    events: [start, at(30), stopped(30), start, resumed(30), at(5), doneAt(7)],
    seconds: 37,
  },
  { case: 'a crash, whose steps were done again', events: [start, at(9), start, resumed(1), doneAt(5)], seconds: 14 },
  { case: 'a new beginning', events: [start, at(30), start, at(5), doneAt(6)], seconds: 6 },
  {
    case: 'a resume that failed at once',
    events: [start, at(8), start, failed, start, resumed(8), doneAt(2)],
    seconds: 10,
  },
  { case: 'a run that is not done', events: [start, at(30), stopped(30)], seconds: undefined },
])('counts $seconds seconds for $case', ({ events, seconds }) => expect(trainingSeconds(events)).toBe(seconds));
