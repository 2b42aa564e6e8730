import { RectuneError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import { Random } from '../core/random.js';
import type { UserOrder } from '../core/recipe.js';

/** The interactions of one user, in the order that the recipe gives them: what is earlier may be history of what is later. */
export interface UserSequence {
  readonly userId: string;
  readonly interactions: readonly Interaction[];
}

/**
 * Groups a log by user and puts each user's interactions in order.
 *
 * interactions  in log order
 * returns       users in order of first appearance in the log
 * throws        RectuneError 'data' when the order is by time and an interaction has none
 */
export function userSequences(interactions: Iterable<Interaction>, order: UserOrder): UserSequence[] {
  const users = new Map<string, Interaction[]>();
  for (const interaction of interactions) {
    if (order.kind === 'time' && interaction.timestamp === null) refuseTimeless(interaction);
    const known = users.get(interaction.userId);
    if (known) known.push(interaction);
    else users.set(interaction.userId, [interaction]);
  }
  return [...users].map(([userId, own]) => ({ userId, interactions: ordered(own, order) }));
}

function ordered(interactions: Interaction[], order: UserOrder): readonly Interaction[] {
  if (order.kind === 'shuffled') {
    // A stream for each user: one more user in the log does not change the others.
    return new Random(order.seed, `order of user ${interactions[0]?.userId}`).shuffle(interactions);
  }
  // Stable, by timestamp alone: ties stay in log order, as published data sets have them.
  return interactions.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
}

function refuseTimeless(interaction: Interaction): never {
  const fix = 'give source.yaml a timestamp column, or set the order to shuffled in the recipe';
  throw new RectuneError('data', 'an interaction has no timestamp', `line ${interaction.logIndex} of the log`, fix);
}
