import { SPLITS, type Split } from '../../core/instruction.js';
import type { RowFacts } from '../../store/statistics-store.js';
import { type Distribution, Tally } from './distribution.js';

/** Labels of some of the rows. */
export interface Slice {
  readonly slice: string;
  readonly rows: number;
  readonly liked: number;
  readonly disliked: number; // rows without a label are neither
}

/** What a dataset version is like. */
export interface VersionStats {
  readonly templates: readonly (Slice & { readonly split: Split; readonly task: string; readonly family: string })[]; // slice: the template
  readonly balance: {
    readonly split: readonly Slice[];
    readonly family: readonly Slice[];
    readonly activity: readonly Slice[]; // by how many rows of train the user has
    readonly popularity: readonly Slice[]; // by decile of the target item among those of train, "1" the most frequent targets
  };
  readonly splits: readonly {
    readonly split: Split;
    readonly rows: number;
    readonly users: number;
    readonly items: number; // different targets
    readonly characters: Distribution; // of the prompts
    readonly history: Distribution; // lines of the log that a row shows beside its target
    readonly repeatedTargets: number | undefined; // share of rows whose user has the same target in an earlier row of the split
  }[];
}

const ACTIVITY = [0, 1, 2, 5, 10, 20, 50, 100]; // where the slices begin
const DECILES = 10;

/**
 * Statistics of a version in two passes over its rows. Memory for users, items and distinct lengths, not for rows.
 *
 * rows      called twice: the same rows each time
 * kindOf    task and family of a template
 * repeated  rows of a split beyond the first with the same user and target
 */
export function versionStats(
  rows: () => Iterable<RowFacts>,
  kindOf: (templateId: string) => { task: string; family: string },
  repeated: Partial<Record<Split, number>>,
): VersionStats {
  const splits = new Map(SPLITS.map((split) => [split, new SplitTally()]));
  const train = { users: new Map<string, number>(), items: new Map<string, number>() };
  for (const row of rows()) {
    splits.get(row.split)?.add(row);
    if (row.split !== 'train') continue;
    train.users.set(row.userId, (train.users.get(row.userId) ?? 0) + 1);
    train.items.set(row.itemId, (train.items.get(row.itemId) ?? 0) + 1);
  }
  const decileOf = deciles(train.items);
  const templates = new Slices();
  const by = { split: new Slices(), family: new Slices(), activity: new Slices(), popularity: new Slices() };
  for (const { split, userId, itemId, label, templateId } of rows()) {
    templates.add(`${split}\0${templateId}`, label);
    by.split.add(split, label);
    by.family.add(kindOf(templateId).family, label);
    by.activity.add(activitySlice(train.users.get(userId) ?? 0), label);
    by.popularity.add(decileOf.get(itemId) ?? 'not in train', label);
  }
  const inOrder = (order: readonly string[]) => (a: Slice, b: Slice) => order.indexOf(a.slice) - order.indexOf(b.slice);
  const numbered = Array.from({ length: DECILES }, (_, i) => String(i + 1));
  return {
    templates: templates
      .list()
      .map(({ slice, ...labels }) => {
        const [split, template] = slice.split('\0') as [Split, string];
        return { split, ...kindOf(template), slice: template, ...labels };
      })
      .sort((a, b) => SPLITS.indexOf(a.split) - SPLITS.indexOf(b.split) || (a.slice < b.slice ? -1 : 1)),
    balance: {
      split: by.split.list().sort(inOrder(SPLITS)),
      family: by.family.list().sort((a, b) => (a.slice < b.slice ? -1 : 1)),
      activity: by.activity.list().sort(inOrder(ACTIVITY.map(activitySlice))),
      popularity: by.popularity.list().sort(inOrder([...numbered, 'not in train'])),
    },
    splits: SPLITS.map((split) => (splits.get(split) ?? new SplitTally()).result(split, repeated[split] ?? 0)),
  };
}

class SplitTally {
  readonly #users = new Set<string>();
  readonly #items = new Set<string>();
  readonly #characters = new Tally();
  readonly #history = new Tally();
  #rows = 0;

  add({ userId, itemId, characters, history }: RowFacts): void {
    this.#rows += 1;
    this.#users.add(userId);
    this.#items.add(itemId);
    this.#characters.add(characters);
    this.#history.add(history);
  }

  result(split: Split, repeated: number): VersionStats['splits'][number] {
    return {
      split,
      rows: this.#rows,
      users: this.#users.size,
      items: this.#items.size,
      characters: this.#characters.distribution(),
      history: this.#history.distribution(),
      repeatedTargets: this.#rows === 0 ? undefined : repeated / this.#rows,
    };
  }
}

class Slices {
  readonly #slices = new Map<string, { rows: number; liked: number; disliked: number }>();

  add(slice: string, label: boolean | null): void {
    const one = this.#slices.get(slice) ?? { rows: 0, liked: 0, disliked: 0 };
    this.#slices.set(slice, one);
    one.rows += 1;
    if (label === true) one.liked += 1;
    if (label === false) one.disliked += 1;
  }

  /** In order of first appearance. */
  list(): Slice[] {
    return [...this.#slices].map(([slice, labels]) => ({ slice, ...labels }));
  }
}

/** "5-9": from the last bound that is not above the number up to the next. */
function activitySlice(rows: number): string {
  const index = ACTIVITY.findLastIndex((bound) => bound <= rows);
  const [from = 0, next] = [ACTIVITY[index], ACTIVITY[index + 1]];
  if (next === undefined) return `${from}+`;
  return next - from === 1 ? String(from) : `${from}-${next - 1}`;
}

/** The items in ten parts of equal size, the most frequent first; among equally frequent ones by id. */
function deciles(counts: ReadonlyMap<string, number>): Map<string, string> {
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Map(sorted.map(([id], rank) => [id, String(Math.floor((rank * DECILES) / sorted.length) + 1)]));
}
