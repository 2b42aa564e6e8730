import SQLite from 'better-sqlite3';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore } from '../../src/store/store.js';
import { trainRun } from '../../src/trainers/train.js';
import { fakeNative, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

afterEach(() => vi.unstubAllEnvs());

/** Another process that writes: holds the store's one write lock from now until `release`. */
function holdStore(studio: string): { release: () => void } {
  const other = new SQLite(studioLayout.store(studio));
  other.exec('begin immediate');
  onTestFinished(() => void other.close());
  return { release: () => void other.exec('commit') };
}

it('trains on while another program has the store locked, and keeps every event in the end', async () => {
  fakeNative(TRAINS);
  const { store, version: _, ...studio } = testStudio();
  const notes: string[] = [];
  let events = 0;
  const { run } = await trainRun(store, {
    ...studio,
    version: 'invented',
    options: options(),
    onStderr: (line) => notes.push(line),
    onEvent: (event) => {
      events += 1;
      if (event.event === 'start') {
        const held = holdStore(studio.studio);
        setTimeout(held.release, 1500);
      }
    },
  });
  expect(run.status).toBe('done');
  expect(store.runs.find(run.id)?.status).toBe('done');
  expect(store.runs.events(run.id)).toHaveLength(events);
  expect(notes).toEqual(['another program has the store locked; waiting for it']);
});

it('says that the store is locked instead of showing a stack', () => {
  const { store, studio } = testStudio();
  const held = holdStore(studio);
  const busy = expect.objectContaining({ kind: 'data', message: expect.stringContaining('another program') });
  expect(() => store.atOnce(() => store.runs.appendEvents('x', []))).toThrow(busy);
  held.release();
});

it('opens a store that another program is writing into', () => {
  const { studio } = testStudio();
  const held = holdStore(studio);
  const second = openStore(studioLayout.store(studio));
  expect(second.versions.list()).toHaveLength(1);
  second.close();
  held.release();
});
