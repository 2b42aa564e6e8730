import type { Interaction } from '../core/interaction.js';
import type { FileTally } from './log-files.js';

/** One of several interactions of a user with an item, and what it stands for. */
interface Held {
  interaction: Interaction;
  tally: FileTally; // of the file that it stands in
  sum: number; // of the ratings
  readonly times: number;
}

/**
 * Interactions of which a user and an item keep one: the first, the last, or the last with the mean rating of all. First and last by time where the log
 * has one, then by place. All pairs stand in memory until the end.
 */
export class Repeats {
  readonly #keep: 'first' | 'last' | 'mean';
  readonly #pairs = new Map<string, Held>();

  constructor(keep: 'first' | 'last' | 'mean') {
    this.#keep = keep;
  }

  add(interaction: Interaction, tally: FileTally): void {
    const pair = `${interaction.userId}\0${interaction.itemId}`;
    const held = this.#pairs.get(pair);
    const rating = interaction.rating ?? 0;
    if (!held) {
      tally.rows += 1;
      this.#pairs.set(pair, { interaction, tally, sum: rating, times: 1 });
      return;
    }
    const isLater = (interaction.timestamp ?? 0) >= (held.interaction.timestamp ?? 0);
    const takes = this.#keep === 'first' ? !isLater : isLater;
    const [kept, other] = takes ? [{ interaction, tally }, held] : [held, { tally }];
    if (takes) {
      held.tally.rows -= 1;
      tally.rows += 1;
    }
    other.tally.merged += 1;
    const { interaction: one, tally: its } = kept as { interaction: Interaction; tally: FileTally };
    this.#pairs.set(pair, { interaction: one, tally: its, sum: held.sum + rating, times: held.times + 1 });
  }

  /** What is kept, in log order. */
  *kept(): Generator<Interaction, void> {
    const all = [...this.#pairs.values()].sort((a, b) => a.interaction.logIndex - b.interaction.logIndex);
    for (const { interaction, sum, times } of all) {
      yield this.#keep === 'mean' ? { ...interaction, rating: sum / times } : interaction;
    }
  }
}
