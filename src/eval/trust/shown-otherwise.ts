import type { FormFigures, ShownOtherwise, TrustModel } from '../../core/report-trust.js';
import { findingOf } from '../finding.js';
import { difference } from '../statistics/distribution.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import type { Resampled } from '../tasks/compare-task.js';
import { partOfUsers } from '../tasks/score-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { Judge } from './judge.js';
import type { Form } from './probed-rows.js';

/** A figure that there is none of. */
export const NO_FIGURE = { value: null, low: null, high: null, leftOut: 0 };

/** Rows as they are and in another form, by both models; to be read when all is asked for. */
export function askForForm(
  resampled: Resampled,
  judge: Judge,
  plain: readonly TaskRow[],
  form: Form,
): () => FormFigures {
  const [adapter, base] = (['adapter', 'base'] as const).map((model) =>
    askForModel(resampled, judge, plain, form, model),
  ) as [() => ShownOtherwise, () => ShownOtherwise];
  return () => ({
    form: form.name,
    seen: form.seen,
    rows: form.places.length,
    users: new Set(form.places.map((place) => judge.users.ofRow[place])).size,
    adapter: adapter(),
    base: base(),
  });
}

/** The same by one model. */
export function askForModel(
  resampled: Resampled,
  judge: Judge,
  plain: readonly TaskRow[],
  { rows, places }: Form,
  model: TrustModel,
): () => ShownOtherwise {
  const users = partOfUsers(judge.users, places);
  const [was, is] = [judge.weighed(plain, model), judge.weighed(rows, model)];
  const [answered, answers] = [judge.answers(plain, model), judge.answers(rows, model)];
  const figures = {
    plain: resampled.ask(judge.statistic(plain, model, places)),
    shown: resampled.ask(judge.statistic(rows, model, places)),
    change: resampled.ask(
      meanOfRows(
        places.map((place) => Math.abs((is[place] as number) - (was[place] as number))),
        users,
      ),
    ),
    flips:
      answered &&
      answers &&
      resampled.ask(
        meanOfRows(
          places.map((place) => (answered[place] === answers[place] ? 0 : 1)),
          users,
        ),
      ),
  };
  return () => {
    const paired = resampled.estimate(difference(figures.shown(), figures.plain()));
    return {
      plain: resampled.estimate(figures.plain()),
      shown: resampled.estimate(figures.shown()),
      difference: paired,
      finding: findingOf(judge.better, paired),
      change: resampled.estimate(figures.change()),
      flips: figures.flips ? resampled.estimate(figures.flips()) : NO_FIGURE,
    };
  };
}
