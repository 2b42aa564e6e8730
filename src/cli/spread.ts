import { figure } from '../eval/numbers.js';

/** "AUC 0.710, standard deviation 0.012" (n - 1) over seeds; nothing for fewer than two values, or when a run lacks the figure. */
export function spread(name: string, values: readonly (number | null | undefined)[]): string[] {
  const defined = values.filter((value) => value !== undefined && value !== null);
  if (defined.length < values.length || defined.length < 2) return [];
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  const squares = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [`${name} ${figure(mean)}, standard deviation ${figure(Math.sqrt(squares / (defined.length - 1)))}`];
}
