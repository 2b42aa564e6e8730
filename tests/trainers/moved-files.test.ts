import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeSealed } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore } from '../../src/store/store.js';
import { PredictOptions, predictRun } from '../../src/trainers/predict.js';
import { resumeRun, trainRun } from '../../src/trainers/train.js';
import { temporaryFolder } from '../store/fixtures.js';
import { type Call, fakeNative, SCORES, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

let calls: () => Call[];
const predicting = PredictOptions.parse({ threads: 1, again: true });

beforeEach(() => {
  calls = fakeNative(`if (verb === 'train') { ${TRAINS} } else { ${SCORES} }`);
});
afterEach(() => vi.unstubAllEnvs());

/** A studio with a run that is done, whose model was renamed afterwards. */
async function withMovedModel() {
  const { store, version: _, ...studio } = testStudio();
  const { run } = await trainRun(store, { ...studio, version: 'invented', options: options() });
  const moved = join(studio.studio, 'moved.gguf');
  renameSync(studio.model, moved);
  const asked = { studio: studio.studio, now: studio.now, run: run.id };
  return { store, asked, moved, predict: { ...asked, split: 'test' as const, options: predicting } };
}

describe('a model that was moved', () => {
  it('is asked for by name and place', async () => {
    const { store, predict } = await withMovedModel();
    await expect(predictRun(store, predict)).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('base model of run'),
      fix: expect.stringContaining('--model FILE'),
    });
  });

  it.each([
    { by: 'train', tell: 'train' as const },
    { by: 'train --resume', tell: 'resume' as const },
    { by: 'predict', tell: 'predict' as const },
  ])('is found from then on when $by names its new place', async ({ tell }) => {
    const { store, asked, moved, predict } = await withMovedModel();
    if (tell === 'train') await trainRun(store, { ...asked, version: 'invented', model: moved, options: options() });
    else if (tell === 'resume') await resumeRun(store, { ...asked, model: moved });
    else await predictRun(store, { ...predict, model: moved });
    expect(store.runs.find(asked.run)?.modelPath).toBe(moved);
    await predictRun(store, predict);
    expect(calls().at(-1)?.config.model).toBe(moved);
  });

  it('is not confused with another file', async () => {
    const { store, asked, moved, predict } = await withMovedModel();
    const other = join(asked.studio, 'other.gguf');
    writeSealed(other, 'another model');
    const refused = { kind: 'data', message: expect.stringContaining('not the model that run'), where: other };
    await expect(predictRun(store, { ...predict, model: other })).rejects.toMatchObject(refused);
    await expect(resumeRun(store, { ...asked, model: other })).rejects.toMatchObject(refused);
    expect(store.runs.find(asked.run)?.modelPath).not.toBe(moved);
  });
});

it.each([
  { case: 'moved', how: renameSync },
  { case: 'copied', how: (from: string, to: string) => cpSync(from, to, { recursive: true }) },
])('predicts with the adapter inside a studio that was $case', async ({ how }) => {
  const { store, version: _, studio, now } = testStudio();
  const model = join(temporaryFolder(), 'model.gguf');
  writeSealed(model, 'a model');
  const { run } = await trainRun(store, { studio, now, model, version: 'invented', options: options() });
  store.close();
  const elsewhere = join(temporaryFolder(), 'studio');
  how(studio, elsewhere);
  const moved = openStore(studioLayout.store(elsewhere));
  onTestFinished(() => moved.close());
  await predictRun(moved, { studio: elsewhere, now, run: run.id, split: 'test', options: predicting });
  expect(calls().at(-1)?.config.adapter).toBe(studioLayout.adapter(elsewhere, run.id));
});
