import type { Instruction } from '../../core/instruction.js';

/**
 * Baseline: the liked share of the history that the prompt shows, and nothing else.
 * The share is smoothed, (likes + 1/2) / (n + 1), so that an all-liked or empty history has a finite log-odds and a long history
 * counts more than a short one. Where all histories have one length its order, and so its AUC, is that of the plain share.
 * History items without a known label are not counted.
 *
 * returns log-odds of liking the target, one an instruction, in order; 0 for an empty history
 */
export function likedShare(instructions: readonly Pick<Instruction, 'historyLabels'>[]): number[] {
  return instructions.map(({ historyLabels }) => {
    const likes = historyLabels.filter((label) => label === true).length;
    const dislikes = historyLabels.filter((label) => label === false).length;
    return Math.log((likes + 0.5) / (dislikes + 0.5));
  });
}
