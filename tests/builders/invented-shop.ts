import type { LoadedRecipe } from '../../src/builders/load-recipe.js';
import type { Interaction, Item, User } from '../../src/core/interaction.js';
import { Recipe } from '../../src/core/recipe.js';
import type { Store } from '../../src/store/store.js';
import { keepSource, source } from '../store/fixtures.js';

const CATEGORIES = ['Garden', 'Kitchen', 'Travel', 'Music'];
const PRAISE = [
  'works better than I had hoped',
  'broke after a week of use',
  'is a gift for my old father',
  'keeps the soup warm all day',
];

/** A shop of the project's own: 60 items with categories and tags, 40 users with persona, reviews with headlines, ratings, times. */
export function inventedShop(): { interactions: Interaction[]; items: Item[]; users: User[] } {
  const items = Array.from({ length: 60 }, (_, i) => ({
    itemId: `i${i}`,
    title: `${['Quiet', 'Bright', 'Little'][i % 3]} ${['Lantern', 'Kettle', 'Harbour', 'Fiddle', 'Satchel'][i % 5]} No ${i}`,
    attributes: {
      category: `Things|${CATEGORIES[i % 4]}`,
      tags: `tag${i % 7}|tag${i % 5}`,
      tagTimes: `${i % 9}|${500 + i}`,
    },
  }));
  const users = Array.from({ length: 40 }, (_, i) => ({
    userId: `u${i}`,
    attributes: {
      age: String(20 + i),
      gender: i % 2 === 0 ? 'F' : 'M',
      occupation: ['writer', 'cook', 'nurse'][i % 3] as string,
    },
  }));
  const interactions = Array.from({ length: 480 }, (_, i): Interaction => {
    const item = (i * 17 + Math.floor(i / 40) * 5) % 60;
    const text = `I bought it in the month number ${i}. It ${PRAISE[(i * 3) % 4]} and number ${i} says it all. The ${items[item]?.title} is mine.`;
    return {
      userId: `u${i % 40}`,
      itemId: `i${item}`,
      rating: ((i * 7 + Math.floor(i / 11)) % 5) + 1,
      timestamp: 100 + i,
      logIndex: i + 1,
      attributes: { summary: `Headline about purchase ${i} here`, reviewText: text },
    };
  });
  return { interactions, items, users };
}

export function importShop(store: Store): void {
  const rows = inventedShop();
  const counts = {
    interactions: rows.interactions.length,
    items: rows.items.length,
    users: rows.users.length,
    rejects: 0,
  };
  keepSource(store, source('shop', { counts, files: [] }), rows);
}

/** Every family and one cell of each axis in one version. */
export function shopRecipe(change: Record<string, unknown> = {}): LoadedRecipe {
  const families = [
    'judgement-lists',
    'judgement-ratings',
    'judgement-collaborative',
    'next-item',
    'pick',
    'rerank',
    'rating',
    'explanation',
    'review-summary',
    'product-search',
    'personalised-search',
    'user-knowledge',
    'item-knowledge',
    'item-profile',
    'user-profile',
    'turn-around',
    'chain-of-thought',
    'field-values',
  ];
  const cells = [
    'p1-i0-t3-plain',
    'p2-i1-t3-plain',
    'p0-i2-t1-plain',
    'p1-i1-t0-plain',
    'p2-i0-t2-reversed',
    'p1-i2-t2-related',
    'p1-i2-t3-cot',
  ];
  const recipe = Recipe.parse({
    name: 'shop',
    source: 'shop',
    twins: 'drop',
    label: { kind: 'rating-above', threshold: 3 },
    examples: { kind: 'each-interaction', order: { kind: 'time' }, history: 6, minHistory: 2 },
    split: { kind: 'leave-one-out' },
    candidates: { negatives: 5, sampler: 'uniform', seed: 1 },
    mix: [...families.map((family) => ({ family })), ...cells.map((cell) => ({ cell }))],
    factors: ['use', 'colour'],
    words: { item: 'thing', items: 'things' },
    wrapper: { kind: 'alpaca' },
    ...change,
  });
  return { ...recipe, file: 'shop.yaml' };
}
