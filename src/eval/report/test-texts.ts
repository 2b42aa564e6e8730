import type { PairedTests } from '../../core/report.js';
import { pValue } from '../numbers.js';

/** What the p values beside differences are, in a paragraph for the reader. */
export const TEST_NOTE =
  'p is two-sided, by the same resampled users as the interval; the second one is corrected by Holm for the number of models that are compared by one metric on one split. ' +
  'Nothing is corrected for the number of metrics.';

/** What the tests beside the bootstrap ask. */
export const OTHER_TESTS_NOTE =
  "Other tests of the same differences, two-sided, each with its own correction by Holm for the models that it compares by one metric. Permutation: outputs of the two models exchanged user by user. Wilcoxon: signed ranks of the users' own differences. Neither is " +
  'made of a figure that pools the rows of all users, such as AUC; that has the test of DeLong where each user has one row. Nothing is corrected for having several tests: choose one before looking.';

/** Said where none of the other tests can be made. */
export const NO_TEST = '-';

const OTHERS = [
  ['permutation', 'permutation'],
  ['wilcoxon', 'Wilcoxon'],
  ['delong', 'DeLong'],
] as const;

/** "p 0.012, Holm 0.036"; undefined where there is none. */
export function testAside({ bootstrap, holm }: PairedTests): { aside?: string } {
  return bootstrap === null ? {} : { aside: `p ${pValue(bootstrap)}, Holm ${pValue(holm.bootstrap)}` };
}

/** "permutation 0.010 (Holm 0.030), Wilcoxon 0.021 (Holm 0.042)", as far as they can be made. */
export function otherTests(tests: PairedTests): string {
  const made = OTHERS.filter(([test]) => tests[test] !== null);
  return (
    made.map(([test, name]) => `${name} ${pValue(tests[test])} (Holm ${pValue(tests.holm[test])})`).join(', ') ||
    NO_TEST
  );
}

/** The same with the corrected values alone: "permutation 0.030, Wilcoxon 0.042". */
export function correctedOtherTests({ holm }: PairedTests): string {
  const made = OTHERS.filter(([test]) => holm[test] !== null);
  return made.map(([test, name]) => `${name} ${pValue(holm[test])}`).join(', ') || NO_TEST;
}
