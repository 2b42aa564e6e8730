import type { Report } from '../../core/report.js';
import type { Part, Section } from './block.js';
import { curves } from './sections/curves.js';
import { differences } from './sections/differences.js';
import { idModels } from './sections/id-models.js';
import { judgements } from './sections/judgements.js';
import { dataset, provenance, serving } from './sections/provenance.js';
import { rankings } from './sections/rankings.js';
import { rows } from './sections/rows.js';
import { seeds } from './sections/seeds.js';
import { slices } from './sections/slices.js';
import { tasks } from './sections/tasks.js';
import { training } from './sections/training.js';
import { calibration } from './sections/trust/calibration.js';
import { completion } from './sections/trust/completion.js';
import { forms } from './sections/trust/forms.js';
import { panel } from './sections/trust/panel.js';
import { servingGap } from './sections/trust/serving.js';
import { verdicts } from './sections/verdicts.js';
import { writtenTexts } from './sections/written-texts.js';

/** Everything that a report speaks of, in the order of the page. A new matter is a file in sections/ and a word here. */
const SECTIONS: readonly Section[] = [
  verdicts,
  judgements,
  differences,
  tasks,
  rankings,
  writtenTexts,
  idModels,
  slices,
  seeds,
  panel,
  forms,
  completion,
  servingGap,
  calibration,
  curves,
  training,
  rows,
  dataset,
  serving,
  provenance,
];

export function partsOf(report: Report): Part[] {
  return SECTIONS.flatMap((section) => section(report));
}
