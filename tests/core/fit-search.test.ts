import { expect, it } from 'vitest';
import { FitModel } from '../../src/core/fit.js';
import { FIT_MODELS, FIT_SEARCH, FIT_TRIALS, MADE_IN_ONE_PASS, settingsOfData } from '../../src/core/fit-search.js';

it('knows every model that native/ can fit', () => {
  expect([...FIT_MODELS].sort()).toEqual(FitModel.options.flatMap(({ shape }) => [...shape.model.values]).sort());
  expect(FIT_MODELS).toEqual(expect.arrayContaining([...MADE_IN_ONE_PASS]));
});

it.each(FIT_MODELS)('tries as many settings of %s as of the others, no two alike, the defaults among them', (model) => {
  const trials = FIT_SEARCH[model].map((settings) => FitModel.parse({ model, settings }).settings);
  expect(trials).toHaveLength(model === 'pop' ? 1 : FIT_TRIALS); // pop has nothing to tune
  expect(new Set(trials.map((settings) => JSON.stringify(settings))).size).toBe(trials.length);
  expect(trials[0]).toEqual(FitModel.parse({ model }).settings);
});

it.each(['gru4rec', 'sasrec', 'caser'] as const)(
  'holds a target of %s against all items up to 10,000, and above that against some that are drawn',
  (model) => {
    expect(settingsOfData(model, { items: 10_000, hasDislikes: true })).toEqual({});
    const { settings } = FitModel.parse({
      model,
      settings: settingsOfData(model, { items: 10_001, hasDislikes: true }),
    });
    expect(settings).toEqual({ ...FitModel.parse({ model }).settings, sampledItems: expect.any(Number) });
    expect(settings).toMatchObject({ sampledItems: 4000 });
  },
);

it('asks DIN to draw negatives where nothing was disliked, and other models for nothing', () => {
  expect(settingsOfData('din', { items: 20_000, hasDislikes: false })).toEqual({ negatives: 1 });
  expect(settingsOfData('din', { items: 20_000, hasDislikes: true })).toEqual({});
  expect(settingsOfData('ease', { items: 20_000, hasDislikes: false })).toEqual({});
});
