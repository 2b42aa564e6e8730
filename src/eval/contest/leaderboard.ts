import type { DatasetVersion } from '../../core/dataset-version.js';
import type { PredictionSet } from '../../core/prediction.js';
import type { Estimate, ReportOptions } from '../../core/report.js';
import type { Run } from '../../core/run.js';
import type { Store } from '../../store/store.js';
import { versionLog } from '../../store/version-log.js';
import { findPredictions } from '../find-predictions.js';
import { findingOf } from '../finding.js';
import { fitsOfVersion } from '../kept-fits.js';
import { fileName } from '../reported-settings.js';
import { type Distribution, difference } from '../statistics/distribution.js';
import { onAllUsers } from '../statistics/user-statistic.js';
import { Resampled } from '../tasks/compare-task.js';
import { type Contest, type ContestMetric, contestsOf, type Entrant } from './contest.js';
import { fittedEntrants } from './fitted-entrants.js';

/** Who stands on a board: a run, its base model without adapter, an ID model, or a trivial baseline. */
export type BoardKind = 'run' | 'base' | 'id-model' | 'baseline';

export interface BoardLine {
  readonly kind: BoardKind;
  readonly name: string;
  readonly place: number; // 1 and how many are better beyond their paired interval; those that cannot be told apart may share it
  readonly tied: boolean; // cannot be told from the first line: the interval of the paired difference holds 0
  readonly figure: Estimate; // by the task's main metric
  readonly behind: Estimate | null; // this minus the first line; null: it is the first
  readonly others: Readonly<Record<string, number | null>>; // the other metrics; null: not defined, as of an ID model those that need probabilities
}

export interface Leaderboard {
  readonly version: string;
  readonly hash: string;
  readonly rows: number; // of test
  readonly tasks: readonly {
    readonly task: string;
    readonly rows: number;
    readonly users: number;
    readonly main: ContestMetric;
    readonly metrics: readonly ContestMetric[];
    readonly lines: readonly BoardLine[]; // the best first
  }[];
  readonly notScored: readonly { readonly run: string; readonly status: string }[]; // runs that the store has no predictions of on test
}

/**
 * All runs of a dataset version on its test rows, the best first, beside their base models, the ID models that were fitted and the trivial baselines.
 *
 * studio  where the fits are kept
 */
export function leaderboard(
  store: Store,
  studio: string,
  version: DatasetVersion,
  options: ReportOptions,
): Leaderboard {
  const runs = store.runs.list().filter(({ versionHash }) => versionHash === version.hash);
  const scored = runs.flatMap((run) => {
    const set = run.adapterHash === null ? undefined : findPredictions(store, run, 'test', run.adapterHash);
    return set ? [{ run, set }] : [];
  });
  const entrants = [
    ...scored.map(({ run, set }) => ({ kind: 'run' as const, name: run.id, ...entrant(store, run.id, set) })),
    ...baseModels(store, runs),
  ];
  const instructions = [...store.versions.instructions(version.hash, 'test')];
  const ground = {
    version,
    train: { [Symbol.iterator]: () => store.versions.facts(version.hash, 'train') }, // may be read again
    log: () => versionLog(store.sources, version),
    instructions,
    valid: [...store.versions.instructions(version.hash, 'valid')],
  };
  const fitted = fittedEntrants(fitsOfVersion(studio, version.hash));
  const notScored = runs
    .filter((run) => scored.every((one) => one.run.id !== run.id))
    .map(({ id, status }) => ({ run: id, status }));
  return {
    version: version.name,
    hash: version.hash,
    rows: instructions.length,
    tasks:
      entrants.length === 0
        ? []
        : contestsOf(ground, entrants, fitted).map((contest) => board(contest, entrants, options)),
    notScored,
  };
}

type Named = Entrant & { readonly kind: BoardKind; readonly name: string };

/** Each base model under each length limit once: under another limit the same row is another prompt. */
function baseModels(store: Store, runs: readonly Run[]): Named[] {
  const found = new Map<string, Named>();
  for (const run of runs) {
    const set = findPredictions(store, run, 'test', null);
    if (!set || found.has(set.id)) continue;
    const limit =
      new Set(runs.map(({ config }) => config.maxLength)).size > 1 ? `, at most ${run.config.maxLength} tokens` : '';
    const name = `${fileName(run.modelPath)} without adapter${limit}`;
    found.set(set.id, { kind: 'base', name, ...entrant(store, set.id, set) });
  }
  return [...found.values()];
}

function entrant(store: Store, id: string, set: PredictionSet): Entrant {
  return { id, scored: { set, predictions: store.predictions.rows(set.id) } };
}

function board(contest: Contest, entrants: readonly Named[], options: ReportOptions): Leaderboard['tasks'][number] {
  const { task, rows, users, metrics, main, baselines, fitted } = contest;
  const resampled = new Resampled(users, options);
  const names = [
    ...entrants.map(({ kind, name, id }) => ({ kind, name, id })),
    ...fitted.map(({ id, title }) => ({ kind: 'id-model' as const, name: title, id })),
    ...baselines.map(({ id, title }) => ({ kind: 'baseline' as const, name: title, id })),
  ];
  const asked = names.map((one) => ({ ...one, read: resampled.ask(contest.statistic(one.id, main.id)) }));
  const ranked = bestFirst(
    asked.map((one) => ({ ...one, drawn: one.read() })),
    main,
  );
  const [first] = ranked;
  const against = (one: Distribution, other: Distribution) => resampled.estimate(difference(one, other));
  const lines = ranked.map(({ kind, name, id, drawn }): BoardLine => {
    const behind = first && first.id !== id ? against(drawn, first.drawn) : null;
    const better = ranked.filter(
      (other) => other.id !== id && findingOf(main.better, against(other.drawn, drawn)) === 'beats',
    );
    const defined = contest.metricsOf(id);
    const figureOf = (metric: string) => onAllUsers(contest.statistic(id, metric), { count: users }) ?? null;
    const others = metrics
      .filter((metric) => metric.id !== main.id)
      .map((metric) => [metric.id, defined.some((one) => one.id === metric.id) ? figureOf(metric.id) : null]);
    return {
      kind,
      name,
      place: 1 + better.length,
      tied: behind !== null && findingOf(main.better, behind) === 'undecided',
      figure: resampled.estimate(drawn),
      behind,
      others: Object.fromEntries(others),
    };
  });
  return { task, rows, users, main, metrics, lines };
}

/** By the figure on all users; those that have none last, equal ones in the order given. */
function bestFirst<One extends { drawn: Distribution }>(all: readonly One[], { better }: ContestMetric): One[] {
  const worth = ({ drawn: { value } }: One) =>
    value === undefined ? Number.NEGATIVE_INFINITY : better === 'higher' ? value : -value;
  return [...all].sort((a, b) => (worth(a) === worth(b) ? 0 : worth(b) - worth(a)));
}
