import { ReportOptions } from '../core/report.js';
import { standingEvents } from '../core/run-history.js';
import { figure, withInterval } from '../eval/numbers.js';
import { validationFacts } from '../eval/validation-curve.js';
import type { Store } from '../store/store.js';
import { GRID_KEYS } from '../trainers/series.js';
import type { TrainResult } from '../trainers/train.js';
import { renderTable } from './render-table.js';
import { spread } from './spread.js';

interface Line {
  result: TrainResult;
  setting: string; // all that the grid varies, so that runs which differ in the seed alone have the same
  loss: number | undefined; // of the last step
  auc: number | undefined; // on valid, of the adapter that was kept
  shown: string;
}

/** The runs of a series, a line each, and over the seeds of each setting the mean and the standard deviation. */
export function renderSeries(store: Store, results: readonly TrainResult[]): string {
  const lines = results.map((result) => lineOf(store, result));
  const head = ['run', 'seed', ...GRID_KEYS, 'loss', 'AUC on valid'];
  const rows = lines.map(({ result: { run }, loss, shown }) => [
    run.id,
    String(run.config.seed),
    ...GRID_KEYS.map((key) => String(run.config[key])),
    loss === undefined ? '-' : figure(loss),
    shown,
  ]);
  return [renderTable(head, rows), ...overSeeds(lines)].join('\n');
}

function lineOf(store: Store, result: TrainResult): Line {
  const { id, config, versionHash } = result.run;
  const events = store.runs.events(id);
  const step = standingEvents(events).findLast((event) => event.event === 'step');
  const valid = store.versions.instructions(versionHash, 'valid');
  const facts = validationFacts(events, config.validation, valid, ReportOptions.parse({}));
  const point = facts?.points.find((one) => one.step === facts.keptStep);
  const setting = GRID_KEYS.map((key) => `${key} ${config[key]}`).join(', ');
  return {
    result,
    setting,
    loss: step?.event === 'step' ? step.loss : undefined,
    auc: point?.auc.value ?? undefined,
    shown: point ? `${withInterval(point.auc)} at step ${point.step}` : '-',
  };
}

function overSeeds(lines: readonly Line[]): string[] {
  const settings = [...new Set(lines.map(({ setting }) => setting))];
  return settings.flatMap((setting) => {
    const same = lines.filter((line) => line.setting === setting);
    if (same.length < 2) return [];
    const told = [
      ...spread(
        'loss',
        same.map(({ loss }) => loss),
      ),
      ...spread(
        'AUC on valid',
        same.map(({ auc }) => auc),
      ),
    ];
    return told.length === 0 ? [] : [`${setting}, ${same.length} seeds: ${told.join('; ')}`];
  });
}
