import { z } from 'zod';
import { ReportOptions } from '../../core/report.js';
import { RankedSet } from '../../core/title-ranking.js';
import { rankingReport } from '../../eval/tasks/title-rankings.js';
import { RankOptions, rankRun } from '../../trainers/rank-run.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { rankingAnswer } from '../render-ranking.js';

export default command({
  name: 'rank',
  summary: 'titles that the model of a run writes behind rows of test, when it can write nothing but titles of a set',
  positionals: z.strictObject({ run: z.string().describe('run whose adapter and base model write') }),
  options: z.strictObject({
    set: RankedSet.default('candidates').describe(
      "what may be written: titles of the row's candidates, or of every item of the log",
    ),
    model: named('FILE', 'base model, only when it lies in another place now').optional(),
    ...RankOptions.shape,
  }),
  examples: [
    'rectune rank p5-movie-1a2b3c4d                                # of ten candidates, every one is ranked',
    'rectune rank p5-movie-1a2b3c4d --set catalogue --rows 200     # of all items: the ten best of 20 beams',
  ],
  async run({ run }, { set, model, ...options }, context) {
    const store = context.openStore('existing');
    const { result, path, reused } = await context.stoppable((signal) =>
      rankRun(store, { run, set, model, options }, { ...executionOf(context), signal }),
    );
    const wanted = new Set(result.answers.map(({ row }) => row));
    const rows = new Map(
      [...store.versions.instructions(result.versionHash, 'test')]
        .filter(({ row }) => wanted.has(row))
        .map((instruction) => [instruction.row, { instruction }]),
    );
    const report = rankingReport(result, (row) => rows.get(row), undefined, ReportOptions.parse({}));
    return rankingAnswer(report, { run, path, reused });
  },
});
