import type { Prediction } from '../../src/core/prediction.js';
import { Random } from '../../src/core/random.js';
import type { ReportInput } from '../../src/eval/report.js';
import type { Sibling } from '../../src/eval/seed-figures.js';

/** Runs of other seeds and of fewer rows, whose adapters say what the report's own says with chance added. */
export function inventSiblings(input: ReportInput): Sibling[] {
  return (
    [
      ['shots-16', 2, 16],
      ['seed-2', 2, 64],
      ['seed-3', 3, 64],
    ] as const
  ).map(([run, seed, rows]) => {
    const random = new Random(seed, run);
    const more = (value: number) => value + 0.7 * random.normal();
    const { set, predictions } = input.test.adapter;
    const said = predictions.map(
      (one): Prediction => ({
        ...one,
        logOdds: one.logOdds === null ? null : more(one.logOdds),
        choices:
          one.choices?.map((choice) => ({ ...choice, sum: more(choice.sum), first: more(choice.first) })) ?? null,
      }),
    );
    return { run, seed, rows, scored: { set: { ...set, id: `set of ${run}`, runId: run }, predictions: said } };
  });
}
