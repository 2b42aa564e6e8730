import { Random } from '../../core/random.js';
import type { CandidateRule, Sampler } from '../../core/recipe.js';
import type { Example } from '../examples.js';
import { categoriesOf, type LogKnowledge } from '../log-knowledge.js';
import { metTogether } from './co-occurrence.js';

/** The items that may be drawn: those that can be printed. Drawing is by place, so their order must not change. */
export interface Pool {
  readonly ids: readonly string[];
  readonly titles: ReadonlyMap<string, string>;
  readonly weights: Float64Array; // running sums of (met in train)^0.75, in the order of the ids
  readonly byCategory: ReadonlyMap<string, readonly string[]>; // by first category
}

export const POPULARITY_POWER = 0.75; // as word2vec draws its negatives (Mikolov et al. 2013, arXiv 1310.4546)

/** titles  of the items that can be printed, in one order */
export function makePool(titles: ReadonlyMap<string, string>, log: LogKnowledge): Pool {
  const ids = [...titles.keys()];
  const weights = new Float64Array(ids.length);
  let sum = 0;
  ids.forEach((id, i) => {
    sum += (log.train.judgements.get(id)?.met ?? 0) ** POPULARITY_POWER;
    weights[i] = sum;
  });
  const byCategory = new Map<string, string[]>();
  for (const id of ids) {
    const [first] = categoriesOf(log.items.get(id), log.roles);
    if (first === undefined) continue;
    const known = byCategory.get(first);
    if (known) known.push(id);
    else byCategory.set(first, [id]);
  }
  return { ids, titles, weights, byCategory };
}

/** What a draw may not return: items that the user met at any time, and titles that stand in the list already. */
export interface Forbidden {
  readonly met: ReadonlySet<string>;
  readonly titles: Set<string>; // grows with each draw
}

/**
 * The candidate list of an example: its target and drawn items, the target's place uniform. A function of the seed and the
 * target's line in the log alone, so that every template and every model sees the same list.
 *
 * met      items that the user met, before or after
 * isLiked  of the history, for explicit dislikes
 * returns  item ids; fewer than asked for only when the log has no more items
 */
export function drawCandidates(
  example: Example,
  rule: CandidateRule,
  log: LogKnowledge,
  pool: Pool,
  met: ReadonlySet<string>,
  disliked: readonly string[],
): string[] {
  const random = new Random(rule.seed, `candidates of line ${example.target.logIndex}`);
  const target = example.target.itemId;
  const forbidden = { met, titles: new Set([pool.titles.get(target) ?? target]) };
  const history = example.history.map(({ itemId }) => itemId);
  const drawn = drawItems(random, rule.negatives, rule.sampler, { target, history, disliked }, log, pool, forbidden);
  const at = random.integer(drawn.length + 1);
  return [...drawn.slice(0, at), target, ...drawn.slice(at)];
}

/** What a sampler goes by. */
export interface Wanted {
  readonly target: string;
  readonly history: readonly string[]; // oldest first
  readonly disliked: readonly string[]; // of the history, oldest first
}

/** Distinct items by a sampler; where it knows too few, uniform ones fill up. */
export function drawItems(
  random: Random,
  count: number,
  sampler: Sampler,
  wanted: Wanted,
  log: LogKnowledge,
  pool: Pool,
  forbidden: Forbidden,
): string[] {
  const drawn: string[] = [];
  const take = (id: string | undefined, mayBeMet = false): void => {
    if (id === undefined || drawn.length >= count) return;
    const title = pool.titles.get(id);
    if (title === undefined || forbidden.titles.has(title) || (!mayBeMet && forbidden.met.has(id))) return;
    forbidden.titles.add(title);
    drawn.push(id);
  };
  switch (sampler) {
    case 'uniform':
      break;
    case 'popularity': {
      const total = pool.weights.at(-1) ?? 0;
      for (let tries = 0; total > 0 && drawn.length < count && tries < 50 * count; tries++) {
        take(pool.ids[firstAbove(pool.weights, random.uniform() * total)]);
      }
      break;
    }
    case 'same-category': {
      const [category] = categoriesOf(log.items.get(wanted.target), log.roles);
      for (const id of random.shuffle(pool.byCategory.get(category ?? '') ?? [])) take(id);
      break;
    }
    case 'co-occurrence':
      for (const id of metTogether(wanted.history, log.train)) take(id);
      break;
    case 'disliked':
      for (const id of random.shuffle([...new Set(wanted.disliked)])) if (id !== wanted.target) take(id, true);
      break;
  }
  fillUniformly(random, count, pool, drawn, take);
  return drawn;
}

/** By chance while that is quick; at the end, when few items are left, through all of them. */
function fillUniformly(
  random: Random,
  count: number,
  pool: Pool,
  drawn: readonly string[],
  take: (id: string | undefined) => void,
): void {
  for (let tries = 0; drawn.length < count && tries < 20 * count && pool.ids.length > 0; tries++) {
    take(pool.ids[random.integer(pool.ids.length)]);
  }
  if (drawn.length < count) for (const id of random.shuffle(pool.ids)) take(id);
}

/** Index of the first running sum above a value. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
