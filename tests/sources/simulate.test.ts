import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/core/random.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { packageRoot } from '../../src/platform/files.js';
import { importLog } from '../../src/sources/import-log.js';
import {
  chanceByPrompt,
  chanceByTaste,
  type InventedExample,
  normalBelow,
} from '../../src/sources/simulate/best-scores.js';
import { GENRES } from '../../src/sources/simulate/genres.js';
import { inventTexts } from '../../src/sources/simulate/invent-texts.js';
import { logFiles } from '../../src/sources/simulate/log-files.js';
import { inventWorld, TINY_WORLD, type World } from '../../src/sources/simulate/world.js';
import { openStore } from '../../src/store/store.js';

const folder = mkdtempSync(join(tmpdir(), 'rectune-simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tiny = inventWorld(TINY_WORLD);
const many = inventWorld({ ...TINY_WORLD, users: 1500 });

interface Asked extends InventedExample {
  readonly liked: boolean;
}

/** Every window of 8 interactions and the one after it. */
function examplesOf(world: World): Asked[] {
  const byUser = new Map<string, { itemId: string; liked: boolean }[]>();
  for (const { userId, itemId, rating } of world.interactions) {
    const events = byUser.get(userId) ?? [];
    byUser.set(userId, [...events, { itemId, liked: rating > 3 }]);
  }
  return [...byUser].flatMap(([userId, events]) =>
    events.slice(8).map((target, i) => ({ userId, history: events.slice(i, i + 8), ...target })),
  );
}

describe('datasets/tiny', () => {
  it('is what the simulator writes, byte for byte', () => {
    const written = logFiles(tiny);
    expect(readdirSync(join(packageRoot(), 'datasets', 'tiny')).sort()).toEqual(
      [...Object.keys(written), 'README.md'].sort(),
    );
    for (const [name, content] of Object.entries(written)) {
      expect(readFileSync(join(packageRoot(), 'datasets', 'tiny', name), 'utf8') === content, name).toBe(true);
    }
  });

  it('is imported whole and without a warning', async () => {
    const store = openStore(join(folder, 'store.db'));
    const source = await importLog(store, { path: join(packageRoot(), 'datasets', 'tiny'), now: () => new Date(0) });
    store.close();
    expect(source.counts).toEqual({ interactions: 4800, items: 200, users: 200, rejects: 0 });
    expect(source.warnings).toEqual([]);
  });
});

describe('an invented world', () => {
  it('has titles that are all different, with a word of their genre in nearly all of them', () => {
    expect(new Set(tiny.items.map(({ title }) => title)).size).toBe(tiny.items.length);
    const telling = tiny.items.filter(({ title, genre }) => {
      const words = GENRES.find(({ name }) => name === genre);
      return title.split(' ').some((word) => words?.openers.includes(word) || words?.things.includes(word));
    });
    expect(telling.length / tiny.items.length).toBeGreaterThan(0.9);
  });

  it('uses a telling word in one genre only', () => {
    const words = GENRES.flatMap(({ openers, things }) => [...openers, ...things]);
    expect(new Set(words).size).toBe(words.length);
  });

  it('lets a user meet an item once, of his genres alone, and in the order of time', () => {
    const items = new Map(tiny.items.map((item) => [item.itemId, item]));
    for (const { userId, tastes } of tiny.users) {
      const own = tiny.interactions.filter((interaction) => interaction.userId === userId);
      expect(own.length).toBe(TINY_WORLD.events);
      expect(new Set(own.map(({ itemId }) => itemId)).size).toBe(own.length);
      expect(own.every(({ itemId }) => tastes.has(items.get(itemId)?.genre ?? ''))).toBe(true);
      expect(own.every(({ timestamp }, i) => i === 0 || timestamp > (own[i - 1]?.timestamp ?? 0))).toBe(true);
      expect(own.every(({ rating }) => Number.isInteger(rating) && rating >= 1 && rating <= 5)).toBe(true);
    }
  });

  it('has no user who likes or dislikes everything', () => {
    for (const { tastes } of many.users) expect(new Set(tastes.values())).toEqual(new Set([1, -1]));
  });

  it('is another one for another seed', () => {
    expect(logFiles(inventWorld({ ...TINY_WORLD, seed: 2 }))).not.toEqual(logFiles(tiny));
  });

  it('refuses to let a user meet more items than there are', () => {
    expect(() => inventWorld({ ...TINY_WORLD, items: 16 })).toThrow(RangeError);
  });
});

describe('the best scores', () => {
  const examples = examplesOf(many);
  const byTaste = examples.map(chanceByTaste(many));
  const byPrompt = examples.map(chanceByPrompt(many));
  const labels = examples.map(({ liked }) => liked);

  it.each([
    { scorer: 'by taste', chances: byTaste },
    { scorer: 'by prompt', chances: byPrompt },
  ])('are chances that come true ($scorer)', ({ chances }) => {
    for (let bin = 0; bin < 10; bin++) {
      const rows = chances.flatMap((chance, row) => (Math.min(9, Math.floor(chance * 10)) === bin ? [row] : []));
      if (rows.length < 300) continue; // too few to say
      const expected = rows.reduce((sum, row) => sum + (chances[row] as number), 0) / rows.length;
      const observed = rows.filter((row) => labels[row]).length / rows.length;
      expect(Math.abs(observed - expected), `bin ${bin}`).toBeLessThan(0.04);
    }
  });

  it('rank above the share of liked items, and knowing the tastes ranks above knowing the prompt', () => {
    const share = examples.map(({ history }) => history.filter(({ liked }) => liked).length);
    const [taste, prompt, trivial] = [byTaste, byPrompt, share].map((scores) => auc(scores, labels) as number) as [
      number,
      number,
      number,
    ];
    expect(taste).toBeGreaterThan(prompt + 0.02);
    expect(prompt).toBeGreaterThan(trivial + 0.2);
    expect(trivial).toBeLessThan(0.65);
  });

  it('by prompt agree with counting over every set of genres and tastes that a user may have', () => {
    const random = new Random(1, 'chosen examples');
    const score = chanceByPrompt(many);
    for (let n = 0; n < 50; n++) {
      const example = examples[random.integer(examples.length)] as Asked;
      expect(score(example)).toBeCloseTo(countedChance(example, many), 9);
    }
  });

  it('refuse an example of another world', () => {
    const example = { userId: 'u0001', itemId: 'i999', history: [] };
    expect(() => chanceByTaste(tiny)(example)).toThrow(RangeError);
    expect(() => chanceByPrompt(tiny)(example)).toThrow(RangeError);
  });
});

/** Bayes' rule written out: each set of four genres, each of their 2^4 tastes, no shortcut. */
function countedChance(example: InventedExample, world: World): number {
  const items = new Map(world.items.map((item) => [item.itemId, item]));
  const { taste: strength, noise } = world.settings;
  const likes = (itemId: string, tastes: ReadonlyMap<string, number>): number => {
    const item = items.get(itemId);
    const taste = tastes.get(item?.genre ?? '');
    if (!item || taste === undefined) return Number.NaN; // this user never meets the item
    return normalBelow((strength * taste + item.quality) / noise);
  };
  let all = 0;
  let liking = 0;
  for (let set = 0; set < 2 ** GENRES.length; set++) {
    const genres = GENRES.filter((_, i) => (set >> i) & 1).map(({ name }) => name);
    if (genres.length !== world.settings.genresOfUser) continue;
    for (let signs = 0; signs < 2 ** genres.length; signs++) {
      const tastes = new Map(genres.map((genre, i) => [genre, (signs >> i) & 1 ? 1 : -1]));
      if (new Set(tastes.values()).size < 2) continue;
      const chances = example.history.map(({ itemId, liked }) =>
        liked ? likes(itemId, tastes) : 1 - likes(itemId, tastes),
      );
      const likelihood = chances.reduce((product, chance) => product * chance, 1);
      const target = likes(example.itemId, tastes);
      if (Number.isNaN(likelihood) || Number.isNaN(target)) continue;
      all += likelihood;
      liking += likelihood * target;
    }
  }
  return liking / all;
}

describe('normalBelow', () => {
  it('agrees with adding up the density', () => {
    for (let x = -4; x <= 4; x += 0.37) {
      let sum = 0;
      const width = 1e-4;
      for (let t = -10 + width / 2; t < x; t += width) {
        sum += (Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)) * Math.min(width, x - t + width / 2);
      }
      expect(normalBelow(x)).toBeCloseTo(sum, 5);
    }
  });
});

describe('text for a base model', () => {
  const titles = new Set(tiny.items.map(({ title }) => title));
  const { texts, world } = inventTexts({ seed: 1001, logs: 300, facts: 200 }, titles);

  it('tells of items that datasets/tiny does not have, and never asks its question', () => {
    expect(texts.length).toBe(500);
    expect(world.items.filter(({ title }) => titles.has(title))).toEqual([]);
    expect(texts.filter((text) => text.includes('Will the user like'))).toEqual([]);
  });

  it('leaves the caller his set of titles', () => expect(titles.size).toBe(tiny.items.length));

  it('says of a fact whether it is true', () => {
    const genres = new Map(world.items.map(({ title, genre }) => [title, genre]));
    const facts = texts.filter((text) => text.startsWith('Is '));
    expect(facts.length).toBe(200);
    for (const fact of facts) {
      const [, title = '', genre, answer] = /^Is (.+) \((\w+)\)\? (Yes|No)\.$/.exec(fact) ?? [];
      expect(genres.get(title) === genre, fact).toBe(answer === 'Yes');
    }
  });

  it('is the same for the same seed', () => {
    expect(inventTexts({ seed: 1001, logs: 300, facts: 200 }, titles).texts).toEqual(texts);
  });
});
