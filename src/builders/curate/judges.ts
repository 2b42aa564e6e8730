import type { CurationStep, StepKind } from '../../core/curation/steps.js';
import type { InstructionFacts, Split } from '../../core/instruction.js';
import { exactDuplicates } from './exact-duplicates.js';
import { ITEM_FILTERS } from './filters/items.js';
import { ROW_FILTERS } from './filters/rows.js';
import { splitTwins } from './filters/split-twins.js';
import { TEXT_FILTERS } from './filters/texts.js';
import { titleLeaks } from './filters/title-leaks.js';
import { TITLE_FILTERS } from './filters/titles.js';
import { USER_FILTERS } from './filters/users.js';
import type { FactsJudge, Judge, JudgeMaker, JudgeMakers, Scene, Verdict } from './judge.js';
import { labelNoise } from './label-noise.js';
import { nearDuplicates } from './near-duplicates.js';
import { reviewed } from './reviewed.js';
import { balance, sample } from './sample.js';
import { scrub } from './scrub.js';
import { shuffleLabels } from './shuffle-labels.js';

/** Steps that read no texts. */
const BY_FACTS = {
  ...USER_FILTERS,
  ...ITEM_FILTERS,
  ...TITLE_FILTERS,
  ...ROW_FILTERS,
  balance,
  sample,
  'label-noise': labelNoise,
  review: reviewed,
} satisfies Partial<JudgeMakers<StepKind, FactsJudge>>;

const BY_TEXTS: JudgeMakers<Exclude<StepKind, keyof typeof BY_FACTS>> = {
  ...TEXT_FILTERS,
  'title-leaks': titleLeaks,
  'split-twins': splitTwins,
  'exact-duplicates': exactDuplicates,
  'near-duplicates': nearDuplicates,
  scrub,
  'shuffle-labels': shuffleLabels,
};

/** What a step says of the rows of a split. */
export interface Judged {
  readonly judge: Judge;
  /** Each row and what becomes of it, in order; made while they are asked for. */
  readonly verdicts: Iterable<readonly [row: InstructionFacts, verdict: Verdict]>;
}

/** Carries out a step on a split, which is looked at as far as the step needs. */
export function judged(step: CurationStep, scene: Scene, split: Split): Judged {
  const { kind } = step;
  if (kind in BY_FACTS) {
    const judge = (BY_FACTS[kind as keyof typeof BY_FACTS] as JudgeMaker<StepKind, FactsJudge>)(step, scene, split);
    return { judge, verdicts: verdictsOf(scene.facts(split), judge) };
  }
  const judge = (BY_TEXTS[kind as keyof typeof BY_TEXTS] as JudgeMaker<StepKind>)(step, scene, split);
  return { judge, verdicts: verdictsOf(scene.rows(split), judge) };
}

function* verdictsOf<Row extends InstructionFacts>(
  rows: Iterable<Row>,
  judge: (row: Row) => Verdict,
): Generator<readonly [Row, Verdict], void> {
  for (const row of rows) yield [row, judge(row)];
}
