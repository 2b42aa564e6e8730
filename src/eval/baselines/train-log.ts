import type { Instruction } from '../../core/instruction.js';
import type { Interaction } from '../../core/interaction.js';

/** What a baseline may know of an interaction. */
export type KnownInteraction = Pick<Interaction, 'userId' | 'itemId' | 'rating'>;

/** The lines of the log that a row came from. */
type Lines = Pick<Instruction, 'target' | 'historyInteractions'>;

/**
 * Lines of the log that rows of train hold, as target or in a history. One that a row of valid or test asks for is not among them, even
 * where a split lets train show it.
 */
export function trainLines(train: Iterable<Lines>, held: Iterable<Pick<Instruction, 'target'>>): Set<number> {
  const lines = new Set<number>();
  for (const { target, historyInteractions } of train) {
    lines.add(target);
    for (const line of historyInteractions) lines.add(line);
  }
  for (const { target } of held) lines.delete(target);
  return lines;
}

/**
 * The interactions of those lines, each once however many rows show it.
 *
 * log  every interaction of the source, in log order
 */
export function trainInteractions(
  lines: ReadonlySet<number>,
  log: Iterable<KnownInteraction & Pick<Interaction, 'logIndex'>>,
): KnownInteraction[] {
  const known: KnownInteraction[] = [];
  for (const { logIndex, userId, itemId, rating } of log) {
    if (lines.has(logIndex)) known.push({ userId, itemId, rating });
  }
  return known;
}
