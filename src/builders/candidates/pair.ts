import { Random } from '../../core/random.js';

/**
 * Of a list, the target and the first of the others. Which stands first is drawn anew: in the list nearly every target stands behind that one.
 *
 * line  of the log, of the target
 * returns  nothing when the list has no other item
 */
export function pairOf(target: string, list: readonly string[], seed: number, line: number): readonly string[] {
  const rival = list.find((id) => id !== target);
  if (rival === undefined) return [];
  const random = new Random(seed, `pair of line ${line}`);
  return random.uniform() < 0.5 ? [target, rival] : [rival, target];
}
