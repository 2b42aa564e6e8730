import type { Estimate, ReportOptions } from '../../core/report.js';
import type { Run } from '../../core/run.js';
import { standingEvents } from '../../core/run-history.js';
import type { Store } from '../../store/store.js';
import { auc } from '../metrics/auc.js';
import { evaluatedRows, validationAuc } from '../validation-curve.js';

/** What a run came to while it trained: the values of its best step, not of whatever step was last. */
export interface BestStep {
  readonly steps: number; // that count
  readonly lowestLoss: { readonly step: number; readonly loss: number } | null; // of one step's rows; null: no steps recorded
  readonly best: { readonly step: number; readonly auc: Estimate } | null; // by AUC on valid; null: never evaluated, or not defined
  readonly keptStep: number | null; // whose adapter is the run's; null: the last
}

export function bestStep(store: Store, run: Run, options: ReportOptions): BestStep {
  const events = standingEvents(store.runs.events(run.id));
  const steps = events.filter((event) => event.event === 'step');
  const kept = events.findLast((event) => event.event === 'kept');
  const lowest = steps.reduce<(typeof steps)[number] | undefined>(
    (low, event) => (low === undefined || event.loss < low.loss ? event : low),
    undefined,
  );
  return {
    steps: steps.length,
    lowestLoss: lowest ? { step: lowest.step, loss: lowest.loss } : null,
    best: bestOnValid(store, run, events, options),
    keptStep: kept?.step ?? null,
  };
}

/** The evaluation on valid with the highest AUC, of equal ones the first, with its interval. */
function bestOnValid(
  store: Store,
  { versionHash, config: { validation } }: Run,
  events: ReturnType<typeof standingEvents>,
  options: ReportOptions,
): BestStep['best'] {
  const points = events.filter((event) => event.event === 'validation');
  if (validation === null || points.length === 0) return null;
  const rows = evaluatedRows(validation, store.versions.instructions(versionHash, 'valid'));
  const labels = rows.map(({ label }) => label === true);
  let best: { point: (typeof points)[number]; value: number } | undefined;
  for (const point of points) {
    const value = auc(point.logOdds, labels);
    if (value !== undefined && (best === undefined || value > best.value)) best = { point, value };
  }
  return best ? { step: best.point.step, auc: validationAuc(best.point.logOdds, rows, options) } : null;
}
