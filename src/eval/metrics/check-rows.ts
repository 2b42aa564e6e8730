/** throws RangeError on unequal lengths or a score that is not finite */
export function checkRows(scores: readonly number[], labels: readonly boolean[]): void {
  if (scores.length !== labels.length) {
    throw new RangeError(`${scores.length} scores do not fit ${labels.length} labels`);
  }
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) throw new RangeError(`score ${scores[broken]} of row ${broken} is not finite`);
}
