import type { PairedTests } from '../../core/report.js';
import { pValue } from '../numbers.js';

/** What the p values beside differences are, in a paragraph for the reader. */
export const TEST_NOTE =
  'p is two-sided, by the same resampled users as the interval; the second one is corrected by Holm for the number of models that are compared by one metric on one split. ' +
  'Nothing is corrected for the number of metrics.';

/** What the tests beside the bootstrap ask. */
export const OTHER_TESTS_NOTE =
  "Other tests of the same differences, two-sided, not corrected. Permutation: outputs of the two models exchanged user by user. Wilcoxon: signed ranks of the users' own differences. Neither is " +
  'made of a figure that pools the rows of all users, such as AUC; that has the test of DeLong where each user has one row.';

/** "p 0.012, Holm 0.036"; undefined where there is none. */
export function testAside({ bootstrap, holm }: PairedTests): { aside?: string } {
  return bootstrap === null ? {} : { aside: `${pPart(bootstrap)}, ${pPart(holm, 'Holm')}` };
}

/** "permutation 0.010, Wilcoxon 0.021", as far as they can be made. */
export function otherTests({ permutation, wilcoxon, delong }: PairedTests): string {
  const made = [
    [permutation, 'permutation'],
    [wilcoxon, 'Wilcoxon'],
    [delong, 'DeLong'],
  ] as const;
  return made.flatMap(([p, name]) => (p === null ? [] : [pPart(p, name)])).join(', ') || '-';
}

function pPart(p: number | null, name = 'p'): string {
  return `${name} ${pValue(p)}`;
}
