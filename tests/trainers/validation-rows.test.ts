import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { trainRun } from '../../src/trainers/train.js';
import { drawUsers, validationOf } from '../../src/trainers/validation-rows.js';
import { fakeNative, TRAINS } from './fake-native.js';
import { options, testStudio } from './trained-studio.js';

afterEach(() => vi.unstubAllEnvs());

describe('drawUsers', () => {
  it('takes whole users, at most so many rows unless one user alone has more, the same for the same draw', () => {
    const users = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(users, fc.integer({ min: 1, max: 30 }), fc.string(), (numbers, most, draw) => {
        const all = numbers.map((user, row) => ({ row, userId: `u${user}` }));
        const drawn = drawUsers(all, most, draw);
        const taken = new Set(drawn.map(({ userId }) => userId));
        expect(drawn).toEqual(all.filter(({ userId }) => taken.has(userId)));
        expect(drawn.length).toBeGreaterThan(0);
        if (taken.size > 1) expect(drawn.length).toBeLessThanOrEqual(most);
        expect(drawUsers(all, most, draw)).toEqual(drawn);
      }),
    );
  });
});

describe('validationOf', () => {
  it('evaluates on valid by itself, and never when told so', async () => {
    const { store, studio, version } = testStudio();
    expect(await validationOf(store, studio, version, options())).toMatchObject({
      rows: [0, 1],
      every: null,
      patience: null,
      keep: 'last',
    });
    expect(await validationOf(store, studio, version, options({ evalEvery: 0 }))).toBeNull();
    const patient = await validationOf(store, studio, version, options({ evalEvery: 5, patience: 2 }));
    expect(patient).toMatchObject({ every: 5, patience: 2, keep: 'best' });
  });

  it('trains without where AUC would not be defined, and says so to who asks for it', async () => {
    const { store, studio, version } = testStudio({ label: true });
    expect(await validationOf(store, studio, version, options())).toBeNull();
    await expect(validationOf(store, studio, version, options({ evalEvery: 5 }))).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('AUC is not defined'),
    });
    await expect(validationOf(store, studio, version, options({ keep: 'best' }))).rejects.toThrow('--keep best');
    const bare = { ...version, counts: { ...version.counts, valid: 0 } };
    expect(await validationOf(store, studio, bare, options())).toBeNull();
    await expect(validationOf(store, studio, bare, options({ patience: 2 }))).rejects.toMatchObject({ kind: 'usage' });
  });

  it('leaves rows without two labels out, and says so when none is left', async () => {
    const mixed = testStudio({}, { valid: 6 });
    const rows = [...mixed.store.versions.instructions(mixed.version.hash, 'valid')];
    const stars = { choices: ['1', '2', '3'], scored: 'first-token' as const };
    const changes = [{}, {}, { label: null }, stars, { choices: ['a', 'b'], scored: 'likelihood' as const }, {}];
    vi.spyOn(mixed.store.versions, 'instructions').mockImplementation(function* () {
      for (const [i, row] of rows.entries()) yield { ...row, ...changes[i] };
    });
    expect((await validationOf(mixed.store, mixed.studio, mixed.version, options()))?.rows).toEqual([0, 1, 5]);
    const none = testStudio({ label: null });
    expect(await validationOf(none.store, none.studio, none.version, options())).toBeNull();
    await expect(validationOf(none.store, none.studio, none.version, options({ evalEvery: 5 }))).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining('no row of valid has a yes/no label'),
    });
  });

  it('draws the same rows for every seed, and others for another version', async () => {
    const { store, studio, version } = testStudio({}, { valid: 60 });
    const rows = async (given: Parameters<typeof options>[0], of = version) =>
      (await validationOf(store, studio, of, options({ evalRows: 8, ...given })))?.rows;
    const drawn = await rows({ seed: 1 });
    expect(drawn).toHaveLength(8);
    expect(await rows({ seed: 2, rank: 4 })).toEqual(drawn);
    const other = testStudio({}, { valid: 60 }, 'fedcba');
    expect((await validationOf(other.store, other.studio, other.version, options({ evalRows: 8 })))?.rows).not.toEqual(
      drawn,
    );
  });

  it('refuses to keep the best of no evaluations', async () => {
    const { store, studio, version } = testStudio();
    const asked = options({ evalEvery: 0, patience: 3 });
    await expect(validationOf(store, studio, version, asked)).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('a run that evaluates', () => {
  it('is the same run however it is watched, and another one when it keeps the best step', async () => {
    const calls = fakeNative(TRAINS);
    const { store, version: _, ...studio } = testStudio();
    const train = (given: Parameters<typeof options>[0]) =>
      trainRun(store, { ...studio, version: 'invented', options: options(given) });
    const first = await train({});
    expect((await train({ evalEvery: 0 })).reused).toBe(true);
    expect((await train({ evalEvery: 2, evalRows: 2 })).reused).toBe(true);
    const best = await train({ keep: 'best' });
    expect(best.run.id).not.toBe(first.run.id);
    expect((await train({ keep: 'best', evalEvery: 2 })).run.id).not.toBe(best.run.id);
    expect(calls()[0]?.config.validation).toMatchObject({ rows: [0, 1] });
  });
});
