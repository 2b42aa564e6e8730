import type { Estimate, Finding } from '../core/report.js';
import { counted, withInterval } from './numbers.js';

/** What a sentence on two models is made of. */
export interface Comparison {
  readonly rows: number;
  readonly users: number;
  readonly split: string;
  readonly metric: string; // title
  readonly first: { readonly title: string; readonly value: Estimate };
  readonly second: { readonly title: string; readonly value: Estimate };
  readonly difference: Estimate;
  readonly finding: Finding;
  readonly lacking: string; // why there is no interval, if there is none
}

/** One plain sentence. It says "beats" or "is worse than" only where the paired interval excludes 0. */
export function comparisonSentence(told: Comparison): string {
  const { first, second, difference, finding } = told;
  const rows = `On ${counted(told.rows, `${told.split} row`)} of ${counted(told.users, 'user')}`;
  const left = `${first.title} (${told.metric} ${withInterval(first.value)})`;
  const right = `${second.title} (${withInterval(second.value)})`;
  const gap = `difference ${withInterval(difference)}`;
  return {
    beats: `${rows}, ${left} beats ${right}: ${gap}.`,
    worse: `${rows}, ${left} is worse than ${right}: ${gap}.`,
    undecided: `${rows}, ${left} does not beat ${right}: the two cannot be told apart, ${gap}.`,
    'not-defined': `${rows}, ${left} cannot be compared with ${right}: ${told.lacking}.`,
  }[finding];
}
