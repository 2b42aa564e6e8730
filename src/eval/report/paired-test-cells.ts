import type { PairedTests } from '../../core/report.js';
import { pValue } from '../numbers.js';

/** Columns of the p values of a paired difference, in the order of testCells. */
export const TEST_TITLES = ['p', 'p, Holm', 'permutation', 'Wilcoxon', 'DeLong'] as const;

/** What the columns hold, in a paragraph for the reader. */
export const TEST_NOTE =
  'p: by the resampled users, as the interval. Holm: corrected for the number of models that are compared by this metric on this split. Permutation: outputs of the two models ' +
  "exchanged user by user. Wilcoxon: signed ranks of the users' own differences. DeLong: of AUC, where each user has one row. All are two-sided; a figure that pools the rows of all users, such as " +
  'AUC, has no permutation and no Wilcoxon test.';

export function testCells({ bootstrap, holm, permutation, wilcoxon, delong }: PairedTests): string[] {
  return [bootstrap, holm, permutation, wilcoxon, delong].map(pValue);
}
