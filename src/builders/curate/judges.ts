import type { StepKind } from '../../core/curation/steps.js';
import { exactDuplicates } from './exact-duplicates.js';
import { ITEM_FILTERS } from './filters/items.js';
import { ROW_FILTERS } from './filters/rows.js';
import { TEXT_FILTERS } from './filters/texts.js';
import { TITLE_FILTERS } from './filters/titles.js';
import { USER_FILTERS } from './filters/users.js';
import type { JudgeMakers } from './judge.js';
import { labelNoise } from './label-noise.js';
import { nearDuplicates } from './near-duplicates.js';
import { reviewed } from './reviewed.js';
import { balance, sample } from './sample.js';
import { scrub } from './scrub.js';
import { shuffleLabels } from './shuffle-labels.js';

/** What carries out each kind of step. */
export const JUDGES: JudgeMakers<StepKind> = {
  ...USER_FILTERS,
  ...ITEM_FILTERS,
  ...TITLE_FILTERS,
  ...TEXT_FILTERS,
  ...ROW_FILTERS,
  'exact-duplicates': exactDuplicates,
  'near-duplicates': nearDuplicates,
  balance,
  sample,
  'label-noise': labelNoise,
  scrub,
  'shuffle-labels': shuffleLabels,
  review: reviewed,
};
