import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Judged, labelNoise, likedProbability, rankSuspects } from '../../../src/builders/curate/label-noise.js';
import { sampledRows } from '../../../src/builders/curate/sample.js';
import { Stage } from '../../../src/builders/curate/stage.js';
import type { Prediction } from '../../../src/core/prediction.js';
import { NOW, temporaryStore } from '../../store/fixtures.js';
import { keepVersion, rowOf } from './invented-version.js';

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('rankSuspects', () => {
  it('counts rows off the diagonal of the confident joint, as its definition does, whatever the probabilities', () => {
    const judged = fc.array(
      fc.record({ label: fc.boolean(), liked: fc.integer({ min: 0, max: 10 }).map((tenth) => tenth / 10) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(judged, (made) => {
        const rows: Judged[] = made.map((one, row) => ({ ...one, row }));
        const ranked = rankSuspects(rows);
        if (new Set(rows.map(({ label }) => label)).size < 2) {
          expect(ranked).toEqual([]);
          return;
        }
        // Northcutt et al. 2021, (1) and (2): p[i][j], thresholds t_j over the rows labelled j, argmax over the classes that reach theirs.
        const p = rows.map(({ liked }) => [1 - liked, liked]);
        const t = [0, 1].map((j) =>
          mean(rows.flatMap(({ label }, i) => (Number(label) === j ? [p[i]?.[j] as number] : []))),
        );
        const off = rows.filter(({ label }, i) => {
          const reached = [0, 1].filter((j) => (p[i]?.[j] as number) >= (t[j] as number));
          const own = Number(label);
          const best = reached.sort((a, b) => (p[i]?.[b] as number) - (p[i]?.[a] as number) || (a === own ? -1 : 1))[0];
          return best !== undefined && best !== own;
        });
        expect(
          ranked
            .filter(({ contradicted }) => contradicted)
            .map(({ row }) => row)
            .sort((a, b) => a - b),
        ).toEqual(off.map(({ row }) => row));
        for (const [i, { margin }] of ranked.entries())
          expect(margin).toBeGreaterThanOrEqual(ranked[i - 1]?.margin ?? margin);
        expect(ranked.length).toBe(rows.length);
      }),
    );
  });
});

describe('label-noise', () => {
  const prediction = (row: number, label: boolean, logOdds: number): Prediction => ({
    row,
    user: 'u1',
    item: 'i0',
    label,
    logOdds,
    choices: null,
    droppedHistory: 0,
  });
  const said = [
    prediction(0, true, 3),
    prediction(1, true, -3),
    prediction(2, false, -3),
    prediction(3, false, 4),
    prediction(4, false, -2),
    prediction(5, true, 2),
  ];

  it('takes the rows that the newest predictions contradict, or the worst share of them', () => {
    const { store } = temporaryStore();
    const version = keepVersion(
      store,
      said.map(({ label }) => rowOf({ label })),
    );
    const set = {
      versionHash: version.hash,
      split: 'train',
      modelHash: 'm',
      adapterHash: null,
      runId: null,
      maxLength: 0,
      device: 'cpu',
      precision: 'f32',
      labelMass: 1,
    } as const;
    store.predictions.save(
      { id: 'old-old', ...set },
      said.map((one) => ({ ...one, logOdds: -(one.logOdds ?? 0) })),
      NOW,
    );
    store.predictions.save({ id: 'new-new', ...set }, said, NOW);
    const stage = new Stage(store, version, 'nowhere');
    const taken = (rule: object) => {
      const judge = labelNoise({ kind: 'label-noise', splits: ['train'], ...rule }, stage, 'train');
      return [...stage.rows('train')].filter((row) => judge(row) !== undefined).map(({ row }) => row);
    };
    expect(taken({})).toEqual([1, 3]);
    expect(taken({ share: 0.2 })).toEqual([3]);
    expect(taken({ share: 0 })).toEqual([]);
    expect(taken({ predictions: 'old-old' })).not.toEqual([1, 3]);
    expect(() => taken({ predictions: 'another' })).toThrow('there are no predictions "another" on train');
    expect(() => labelNoise({ kind: 'label-noise', splits: ['test'] }, stage, 'test')).toThrow(
      'there are no predictions on test',
    );
  });

  it('reads P(liked) from the scores of two labels, and nothing from those of other answers', () => {
    const choice = (first: number) => ({ sum: first, tokens: 1, first });
    const one = { ...prediction(0, true, 0), logOdds: null };
    expect(likedProbability({ ...one, choices: [choice(Math.log(0.3)), choice(Math.log(0.1))] })).toBeCloseTo(0.75);
    expect(likedProbability({ ...one, label: null, choices: [choice(-1), choice(-2)] })).toBeUndefined();
    expect(likedProbability({ ...one, choices: [choice(-1), choice(-2), choice(-3)] })).toBeUndefined();
    expect(likedProbability(prediction(0, true, Math.log(3)))).toBeCloseTo(0.75);
  });
});

describe('sampledRows', () => {
  const anyRows = fc.array(
    fc.record({
      userId: fc.constantFrom('a', 'b', 'c'),
      itemId: fc.constantFrom('x', 'y'),
      label: fc.option(fc.boolean()),
      family: fc.constantFrom('f', 'g'),
    }),
    { minLength: 1, maxLength: 50 },
  );
  const by = fc.constantFrom('nothing', 'user', 'item', 'label', 'family' as const);
  const strataOf = (
    rows: readonly { userId: string; itemId: string; label: boolean | null; family: string }[],
    key: string,
  ) =>
    rows.map(
      (row) =>
        ({ nothing: '', user: row.userId, item: row.itemId, label: String(row.label), family: row.family })[
          key
        ] as string,
    );

  it('keeps of each stratum its part, rounded, in order, and the same ones for the same seed', () => {
    fc.assert(
      fc.property(
        anyRows,
        by,
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.nat(99),
        (rows, key, fraction, seed) => {
          const rule = { fraction, count: undefined, by: key, seed };
          const kept = sampledRows(rows, rule);
          expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
          expect(sampledRows(rows, rule)).toEqual(kept);
          const strata = strataOf(rows, key);
          for (const stratum of new Set(strata)) {
            const size = strata.filter((one) => one === stratum).length;
            expect(kept.filter((place) => strata[place] === stratum).length).toBe(Math.round(size * fraction));
          }
        },
      ),
    );
  });

  it('keeps a count exactly, each stratum within one of its share', () => {
    fc.assert(
      fc.property(anyRows, by, fc.integer({ min: 1, max: 60 }), (rows, key, count) => {
        const kept = sampledRows(rows, { fraction: undefined, count, by: key, seed: 1 });
        expect(kept.length).toBe(Math.min(count, rows.length));
        const strata = strataOf(rows, key);
        for (const stratum of new Set(strata)) {
          const share = (strata.filter((one) => one === stratum).length / rows.length) * kept.length;
          expect(Math.abs(kept.filter((place) => strata[place] === stratum).length - share)).toBeLessThan(1);
        }
      }),
    );
  });

  it('draws each row alike', () => {
    const rows = Array.from({ length: 10 }, () => ({ userId: 'a', itemId: 'x', label: true, family: 'f' }));
    const drawn = new Array(10).fill(0);
    for (let seed = 0; seed < 2000; seed++)
      for (const place of sampledRows(rows, { fraction: undefined, count: 3, by: 'nothing', seed })) drawn[place] += 1;
    const deviation = Math.sqrt(2000 * 0.3 * 0.7);
    for (const times of drawn) expect(Math.abs(times - 600)).toBeLessThan(4.5 * deviation);
  });
});
