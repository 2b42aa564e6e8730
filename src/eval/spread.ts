/** Mean and standard deviation (n - 1) over seeds. null: a value is not defined; of the deviation also where there are fewer than two. */
export function spreadOver(values: readonly (number | null)[]): { mean: number | null; deviation: number | null } {
  const defined = values.filter((value) => value !== null);
  if (defined.length < values.length || defined.length === 0) return { mean: null, deviation: null };
  const mean = defined.reduce((sum, value) => sum + value, 0) / defined.length;
  const squares = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: defined.length < 2 ? null : Math.sqrt(squares / (defined.length - 1)) };
}
