import { ReportOptions } from '../core/report.js';
import type { Run } from '../core/run.js';
import type { RunEvent } from '../core/run-event.js';
import { withInterval } from '../eval/numbers.js';
import { evaluatedRows, validationAuc } from '../eval/validation-curve.js';
import type { Store } from '../store/store.js';

/** What the progress says of an evaluation; undefined for every other event. The interval is that of a report. */
export function validationNote(store: Store, run: Run, event: RunEvent): string | undefined {
  if (event.event !== 'validation' || run.config.validation === null) return undefined;
  const rows = evaluatedRows(run.config.validation, store.versions.instructions(run.versionHash, 'valid'));
  const auc = validationAuc(event.logOdds, rows, ReportOptions.parse({}));
  return `step ${event.step}: AUC on ${rows.length} rows of valid ${withInterval(auc)}${event.best ? ', the best so far' : ''}`;
}
