import type { FormsTogether, TrustModel, WordingMeans } from '../../core/report-trust.js';
import { type Distribution, difference, meanOfFigures } from '../statistics/distribution.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import type { Resampled } from '../tasks/compare-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { Judge } from './judge.js';
import type { Form } from './probed-rows.js';
import { NO_FIGURE } from './shown-otherwise.js';

/** The form that rows have by themselves. */
export const AS_IT_IS = 'as it is';

interface Read {
  readonly name: string;
  readonly seen: boolean | null;
  readonly figure: () => Distribution;
}

/**
 * One model over several forms of the same rows. Compared are forms that all rows have, the rows as they are among them: figures on other rows differ by
 * their rows.
 *
 * seen  whether train holds the wording of the rows as they are; null: forms are no wordings
 */
export function askForFormsTogether(
  resampled: Resampled,
  judge: Judge,
  plain: readonly TaskRow[],
  forms: readonly Form[],
  model: TrustModel,
  seen: boolean | null,
): () => { together: FormsTogether; means: WordingMeans } {
  const all = plain.map((_, place) => place);
  const whole = [
    { name: AS_IT_IS, seen, rows: plain, places: all },
    ...forms.filter(({ places }) => places.length === plain.length),
  ];
  const read: Read[] = whole.map(({ name, seen: own, rows }) => ({
    name,
    seen: own,
    figure: resampled.ask(judge.statistic(rows, model, all)),
  }));
  const flips = askForFlips(resampled, judge, plain, forms, model);
  return () => {
    const known = read.filter(({ figure }) => figure().value !== undefined);
    const sign = judge.better === 'higher' ? 1 : -1;
    const rising = [...known].sort((a, b) => sign * ((a.figure().value as number) - (b.figure().value as number)));
    const [worst, best] = [rising[0], rising.at(-1)];
    const compared = known.length >= 2 && worst && best;
    return {
      together: {
        best: compared ? best.name : null,
        worst: compared ? worst.name : null,
        spread: compared ? resampled.estimate(ahead(best.figure(), worst.figure(), sign)) : NO_FIGURE,
        flips: flips ? resampled.estimate(flips()) : NO_FIGURE,
      },
      means: meansOf(resampled, read),
    };
  };
}

/** How much better the first is. */
function ahead(first: Distribution, second: Distribution, sign: 1 | -1): Distribution {
  return sign === 1 ? difference(first, second) : difference(second, first);
}

function meansOf(resampled: Resampled, read: readonly Read[]): WordingMeans {
  const meanWhere = (seen: boolean) => {
    const own = read.filter((one) => one.seen === seen);
    return own.length === 0 ? undefined : meanOfFigures(own.map(({ figure }) => figure()));
  };
  const [held, others] = [meanWhere(true), meanWhere(false)];
  return {
    seen: held ? resampled.estimate(held) : NO_FIGURE,
    unseen: others ? resampled.estimate(others) : NO_FIGURE,
    difference: held && others ? resampled.estimate(difference(held, others)) : NO_FIGURE,
  };
}

/** Share of the rows that do not get the same answer in all their forms, their own among them; of rows that have another. */
function askForFlips(
  resampled: Resampled,
  judge: Judge,
  plain: readonly TaskRow[],
  forms: readonly Form[],
  model: TrustModel,
): (() => Distribution) | undefined {
  const own = judge.answers(plain, model);
  if (!own) return undefined;
  const given = own.map((answer) => new Set([answer]));
  const shown = new Set<number>();
  for (const { rows, places } of forms) {
    const answers = judge.answers(rows, model);
    for (const place of places) {
      shown.add(place);
      given[place]?.add(answers?.[place] as string);
    }
  }
  const places = [...shown].sort((a, b) => a - b);
  const users = { count: judge.users.count, ofRow: Uint32Array.from(places, (place) => judge.users.ofRow[place] ?? 0) };
  return resampled.ask(
    meanOfRows(
      places.map((place) => ((given[place]?.size ?? 1) > 1 ? 1 : 0)),
      users,
    ),
  );
}
