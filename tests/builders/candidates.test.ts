import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metTogether } from '../../src/builders/candidates/co-occurrence.js';
import { drawCandidates, makePool } from '../../src/builders/candidates/draw-candidates.js';
import type { Example } from '../../src/builders/examples.js';
import { type Learned, type LogKnowledge, TrainKnowledge } from '../../src/builders/log-knowledge.js';
import { type CandidateRule, Sampler } from '../../src/core/recipe.js';

const roles = { category: 'genre', tags: undefined, headline: undefined, review: undefined };

/** A log of `n` items in three genres, item k met k times in train by users of five. */
function inventedKnowledge(n: number): LogKnowledge {
  const learned: Learned[] = [];
  let logIndex = 1;
  for (let item = 0; item < n; item++) {
    for (let times = 0; times < item; times++) {
      const userId = `u${times % 5}`;
      learned.push({
        interaction: {
          userId,
          itemId: `i${item}`,
          rating: 5,
          timestamp: logIndex,
          logIndex: logIndex++,
          attributes: {},
        },
        liked: times % 2 === 0,
      });
    }
  }
  const items = Array.from({ length: n }, (_, i) => ({
    itemId: `i${i}`,
    title: `Title ${i}`,
    attributes: { genre: `g${i % 3}` },
  }));
  return {
    items: new Map(items.map((item) => [item.itemId, item])),
    users: new Map(),
    roles,
    scale: [],
    categories: ['g0', 'g1', 'g2'],
    train: new TrainKnowledge(() => learned),
  };
}

const poolOf = (log: LogKnowledge) => makePool(new Map([...log.items].map(([id, { title }]) => [id, title])), log);
const interaction = (itemId: string, logIndex: number) => ({
  userId: 'me',
  itemId,
  rating: 5,
  timestamp: logIndex,
  logIndex,
  attributes: {},
});
const exampleOf = (history: readonly number[], target: number, line = 1000): Example => ({
  userId: 'me',
  history: history.map((item, i) => interaction(`i${item}`, 900 + i)),
  target: interaction(`i${target}`, line),
  fromLast: 0,
});

const anyCase = fc.record({
  items: fc.integer({ min: 2, max: 40 }),
  negatives: fc.integer({ min: 1, max: 12 }),
  sampler: fc.constantFrom(...Sampler.options),
  seed: fc.nat(50),
  line: fc.integer({ min: 1, max: 500 }),
  met: fc.uniqueArray(fc.nat(39), { maxLength: 8 }),
});

describe('a candidate list', () => {
  it('holds the target once, nothing else that the user met but explicit dislikes, and no title twice', () => {
    fc.assert(
      fc.property(anyCase, ({ items, negatives, sampler, seed, line, met }) => {
        const log = inventedKnowledge(items);
        const history = met.map((item) => item % items);
        const target = line % items;
        const own = new Set([...history, target].map((item) => `i${item}`));
        const disliked = history.filter((_, i) => i % 2 === 0).map((item) => `i${item}`);
        const rule: CandidateRule = { negatives, sampler, seed };
        const list = drawCandidates(exampleOf(history, target, line), rule, log, poolOf(log), own, disliked);
        expect(list.filter((id) => id === `i${target}`).length).toBe(1);
        expect(new Set(list).size).toBe(list.length);
        const others = list.filter((id) => id !== `i${target}`);
        for (const id of others) {
          if (own.has(id)) expect(sampler === 'disliked' && disliked.includes(id)).toBe(true);
        }
        // As many as asked for, or all that there are.
        const free =
          items - own.size + (sampler === 'disliked' ? new Set(disliked.filter((id) => id !== `i${target}`)).size : 0);
        expect(others.length).toBe(Math.min(negatives, free));
        expect(drawCandidates(exampleOf(history, target, line), rule, log, poolOf(log), own, disliked)).toEqual(list);
      }),
    );
  });

  it('puts the target at each place about equally often', () => {
    const log = inventedKnowledge(30);
    const pool = poolOf(log);
    const places = Array.from({ length: 10 }, () => 0);
    for (let line = 1; line <= 2000; line++) {
      const rule: CandidateRule = { negatives: 9, sampler: 'uniform', seed: 3 };
      const list = drawCandidates(exampleOf([], 7, line), rule, log, pool, new Set(['i7']), []);
      places[list.indexOf('i7')] = (places[list.indexOf('i7')] ?? 0) + 1;
    }
    // 200 each; 6 standard deviations are 80.
    for (const count of places) expect(Math.abs(count - 200)).toBeLessThan(80);
  });

  it('draws popular items in proportion to (times met)^0.75', () => {
    const log = inventedKnowledge(6);
    const pool = poolOf(log);
    const drawn = new Map<string, number>();
    const draws = 4000;
    for (let line = 1; line <= draws; line++) {
      const rule: CandidateRule = { negatives: 1, sampler: 'popularity', seed: 3 };
      const list = drawCandidates(exampleOf([], 0, line), rule, log, pool, new Set(['i0']), []);
      const other = list.find((id) => id !== 'i0') as string;
      drawn.set(other, (drawn.get(other) ?? 0) + 1);
    }
    const weights = [1, 2, 3, 4, 5].map((met) => met ** 0.75);
    const total = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, i) => {
      const expected = (draws * weight) / total;
      expect(Math.abs((drawn.get(`i${i + 1}`) ?? 0) - expected)).toBeLessThan(6 * Math.sqrt(expected));
    });
  });

  it('of the same category stays in it while it has items', () => {
    const log = inventedKnowledge(30);
    const rule: CandidateRule = { negatives: 9, sampler: 'same-category', seed: 1 };
    const list = drawCandidates(exampleOf([], 4), rule, log, poolOf(log), new Set(['i4']), []);
    expect(list.map((id) => Number(id.slice(1)) % 3)).toEqual(list.map(() => 1));
  });
});

describe('items met together', () => {
  it('are counted over the users of train who met an item of the history', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), fc.nat(6)), { maxLength: 40 }),
        fc.uniqueArray(fc.nat(6)),
        (events, history) => {
          const train = new TrainKnowledge(() =>
            events.map(([user, item], i) => ({
              interaction: { ...interaction(`i${item}`, i + 1), userId: `u${user}` },
              liked: true,
            })),
          );
          const shown = history.map((item) => `i${item}`);
          const counts = new Map<string, number>();
          for (const id of shown) {
            for (const [user, item] of events) {
              if (`i${item}` !== id) continue;
              const theirs = new Set(events.filter(([other]) => other === user).map(([, other]) => `i${other}`));
              for (const other of theirs) if (!shown.includes(other)) counts.set(other, (counts.get(other) ?? 0) + 1);
            }
          }
          const made = metTogether(shown, train);
          expect(new Set(made)).toEqual(new Set(counts.keys()));
          const numbers = made.map((id) => counts.get(id) as number);
          expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
        },
      ),
    );
  });
});
