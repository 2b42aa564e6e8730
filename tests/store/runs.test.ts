import { expect, it } from 'vitest';
import type { Prediction, PredictionSet } from '../../src/core/prediction.js';
import type { RunEvent } from '../../src/core/run-event.js';
import type { Store } from '../../src/store/store.js';
import { NOW, run, temporaryStore, version } from './fixtures.js';

const HASH = version('aaa').hash;

function storeWithRun(): Store {
  const { store } = temporaryStore();
  store.versions.save(version('aaa'), [], NOW);
  store.runs.save(run('first', HASH));
  return store;
}

const set = (id: string, change: Partial<PredictionSet> = {}): PredictionSet => ({
  id,
  versionHash: HASH,
  split: 'test',
  modelHash: 'm',
  adapterHash: 'a',
  runId: 'first',
  maxLength: 1024,
  device: 'cpu',
  precision: 'f32',
  labelMass: 0.25,
  ...change,
});
const prediction = (row: number): Prediction => ({
  row,
  user: 'u',
  item: 'i',
  label: row % 2 === 0,
  logOdds: row / 7,
  choices: null,
  droppedHistory: row % 3,
});

it('saves, changes and lists runs, newest first', () => {
  const store = storeWithRun();
  store.runs.save(run('second', HASH, { startedAt: '2026-02-01T00:00:00.000Z' }));
  store.runs.update('first', { status: 'done', adapterHash: 'h' });
  expect(store.runs.find('first')).toEqual(run('first', HASH, { status: 'done', adapterHash: 'h' }));
  expect(store.runs.list().map(({ id }) => id)).toEqual(['second', 'first']);
  expect(store.runs.list(1)).toHaveLength(1);
  expect(store.runs.find('none')).toBeUndefined();
  expect(() => store.runs.update('none', { status: 'done' })).toThrow('no run "none"');
});

it.each([
  { case: 'the run that a mistyped name means', id: 'firs', fix: 'did you mean "first"?' },
  { case: 'the newest runs', id: 'nothing like it', fix: 'the newest are first; see rectune list runs' },
])('names $case when there is none of that name', ({ id, fix }) => {
  const what = { kind: 'usage', message: `there is no run "${id}"`, fix };
  expect(() => storeWithRun().runs.get(id)).toThrow(expect.objectContaining(what));
});

it('refuses a run of a dataset version that is not there', () => {
  expect(() => storeWithRun().runs.save(run('x', 'f'.repeat(64)))).toThrow('FOREIGN KEY');
});

it('gives back events in order, those of a resumed run behind the first ones', () => {
  const store = storeWithRun();
  const events: RunEvent[] = Array.from({ length: 5 }, (_, i) => ({ event: 'truncated', row: i, droppedHistory: 1 }));
  store.runs.appendEvents('first', events.slice(0, 2));
  store.runs.appendEvents('first', events.slice(2));
  store.runs.save(run('first', HASH, { status: 'stopped' }));
  expect(store.runs.events('first')).toEqual(events);
  expect(store.runs.events('first', 2)).toEqual(events.slice(3));
  expect(store.runs.events('none')).toEqual([]);
  expect(() => store.runs.appendEvents('none', events)).toThrow('no run "none"');
});

it('adds all events of a call or none', () => {
  const store = storeWithRun();
  const good: RunEvent = { event: 'resumed', step: 1, checkpoint: 'c' };
  expect(() => store.runs.appendEvents('first', [good, { event: 'nonsense' } as never])).toThrow();
  expect(store.runs.events('first')).toEqual([]);
});

it('gives back predictions by row, bit for bit, and finds the newest set of a question', () => {
  const store = storeWithRun();
  const predictions = Array.from({ length: 250 }, (_, row) => prediction(row));
  store.predictions.save(set('p1'), predictions.toReversed(), NOW);
  store.predictions.save(set('p2', { adapterHash: null, runId: null }), [], NOW);
  expect(store.predictions.rows('p1')).toEqual(predictions);
  expect(store.predictions.find('p1')).toEqual(set('p1'));
  const question = { versionHash: HASH, split: 'test', modelHash: 'm', maxLength: 1024 } as const;
  expect(store.predictions.select({ ...question, adapterHash: 'a' })?.id).toBe('p1');
  expect(store.predictions.select({ ...question, adapterHash: null })?.id).toBe('p2');
  expect(store.predictions.select({ ...question, adapterHash: 'b' })).toBeUndefined();
  expect(store.predictions.select({ ...question, adapterHash: 'a', maxLength: 64 })).toBeUndefined();
});

it('replaces a set of predictions of the same id', () => {
  const store = storeWithRun();
  store.predictions.save(set('p1'), [prediction(0), prediction(1)], NOW);
  store.predictions.save(set('p1'), [prediction(1)], NOW);
  expect(store.predictions.rows('p1')).toEqual([prediction(1)]);
  expect(() => store.predictions.save(set('p1'), [prediction(2), prediction(2)], NOW)).toThrow('UNIQUE');
  expect(store.predictions.rows('p1')).toEqual([prediction(1)]);
});

it('keeps reports of a run, newest first', () => {
  const store = storeWithRun();
  const report = (id: string, madeAt: string) => ({ id, runId: 'first', json: '{"auc":0.7}', directory: 'd', madeAt });
  store.reports.save(report('r1', '2026-01-01T00:00:00.000Z'));
  store.reports.save(report('r2', '2026-01-02T00:00:00.000Z'));
  store.reports.save(report('r1', '2026-01-03T00:00:00.000Z'));
  expect(store.reports.list().map(({ id }) => id)).toEqual(['r1', 'r2']);
  expect(store.reports.list(1)).toEqual([report('r1', '2026-01-03T00:00:00.000Z')]);
  expect(store.reports.newest('first')).toEqual(report('r1', '2026-01-03T00:00:00.000Z'));
  expect(store.reports.newest('none')).toBeUndefined();
  expect(() => store.reports.save({ ...report('r3', ''), json: 'no json' })).toThrow('CHECK');
  expect(() => store.reports.save({ ...report('r3', ''), runId: 'none' })).toThrow('FOREIGN KEY');
});
