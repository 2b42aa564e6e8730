import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedRecipe, loadRecipe } from '../../src/builders/load-recipe.js';
import type { Interaction, Item } from '../../src/core/interaction.js';
import type { Source } from '../../src/core/source.js';
import { openStore, type Store } from '../../src/store/store.js';
import { keepSource } from '../store/fixtures.js';

/** A studio folder of its own, removed by close(). */
export interface InventedStudio {
  readonly studio: string;
  readonly store: Store;
  close(): void;
}

export function inventedStudio(): InventedStudio {
  const studio = mkdtempSync(join(tmpdir(), 'rectune-studio-'));
  const store = openStore(join(studio, 'store.db'));
  const close = (): void => {
    store.close();
    rmSync(studio, { recursive: true });
  };
  return { studio, store, close };
}

/** Puts a log into the store as the source "invented"; items i0, i1, ... are titled "Title 0", ... unless given. */
export function importInvented(
  store: Store,
  interactions: readonly Interaction[],
  titles: Readonly<Record<string, string>> = {},
  hash = 'a'.repeat(64),
): void {
  const ids = [...new Set(interactions.map(({ itemId }) => itemId))];
  const items: Item[] = ids.map((itemId) => ({
    itemId,
    title: titles[itemId] ?? `Title ${itemId.slice(1)}`,
    attributes: {},
  }));
  const users = [...new Set(interactions.map(({ userId }) => userId))].map((userId) => ({ userId, attributes: {} }));
  const source: Source = {
    id: 'invented',
    title: 'An invented log',
    terms: 'free',
    homepage: null,
    hash,
    importedAt: '2024-01-01T00:00:00.000Z',
    path: 'invented',
    files: [],
    counts: { interactions: interactions.length, items: items.length, users: users.length, rejects: 0 },
    warnings: [],
  };
  keepSource(store, source, { interactions, items, users });
}

/** 40 users with 8 interactions each, taking turns in the log, three of four timestamps tied. */
export function inventedLog(): Interaction[] {
  return Array.from({ length: 320 }, (_, i) => ({
    userId: `u${i % 40}`,
    itemId: `i${(i * 7 + Math.floor(i / 40) * 3) % 23}`,
    rating: ((i * 5 + Math.floor(i / 9)) % 5) + 1,
    timestamp: Math.floor(i / 160),
    logIndex: i + 1,
    attributes: {},
  }));
}

/** The movie recipe on the source "invented": 3 history items, sizes in parts. */
export function inventedRecipe(change: Partial<LoadedRecipe> = {}): LoadedRecipe {
  return {
    ...loadRecipe('tallrec-movie'),
    name: 'invented',
    source: 'invented',
    examples: { kind: 'sliding-window', order: { kind: 'time' }, history: 3, keepLast: null },
    split: { kind: 'row-order', sizes: { unit: 'parts', train: 8, valid: 1, test: 1 } },
    ...change,
  };
}
