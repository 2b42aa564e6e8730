import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { JudgeSettings } from '../../core/evaluation.js';
import type { KeptRankingResult } from '../../core/judged-lists.js';
import { ReportOptions } from '../../core/report.js';
import { RankedSet } from '../../core/title-ranking.js';
import { metBefore } from '../../eval/tasks/met-before.js';
import { rankingReport } from '../../eval/tasks/ranking-report.js';
import type { Store } from '../../store/store.js';
import { versionLog } from '../../store/version-log.js';
import type { KeptAnswer } from '../../trainers/asked-run.js';
import type { Execution } from '../../trainers/execute-run.js';
import { PredictOptions } from '../../trainers/predict.js';
import { RankOptions, rankRun } from '../../trainers/rank-run.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { rankingAnswer } from '../render-ranking.js';

const By = z.enum(['titles', 'judgement']);

const Options = z.strictObject({
  by: By.default('titles').describe(
    'what orders a list: titles that the model writes, or its log-odds of a judgement about each candidate alone',
  ),
  set: RankedSet.default('candidates').describe(
    "what may be written: titles of the row's candidates, or of every item of the log",
  ),
  ...RankOptions.shape,
  ...JudgeSettings.shape,
  recipe: named('FILE', "by judgement: the version's recipe, when it shows templates of your own").optional(),
  model: named('FILE', 'base model, only when it lies in another place now').optional(),
  device: PredictOptions.shape.device,
  precision: PredictOptions.shape.precision,
});
type Options = z.infer<typeof Options>;

export default command({
  name: 'rank',
  summary:
    'ranks rows of test by titles that the model of a run writes when it can write nothing but titles of a set, or by what it says of each candidate alone',
  positionals: z.strictObject({ run: z.string().describe('run whose adapter and base model are asked') }),
  options: Options,
  examples: [
    'rectune rank p5-movie-1a2b3c4d                                # of ten candidates, every one is ranked',
    'rectune rank p5-movie-1a2b3c4d --set catalogue --rows 200     # of all items: the ten best of 20 beams',
    'rectune rank tallrec-movie-1a2b3c4d --by judgement --negatives 19   # "Yes." or "No." about each of 20 items',
  ],
  async run({ run }, options, context) {
    if (options.by === 'judgement' && options.set === 'catalogue') {
      const what = 'judgements are asked about the candidates of a list, one prompt each, not about a whole catalogue';
      throw new RectuneError('usage', what, '--set', 'raise --negatives for longer lists');
    }
    const store = context.openStore('existing');
    const { result, path, reused } = await context.stoppable((signal) => {
      const execution = { ...executionOf(context), signal };
      return options.by === 'judgement'
        ? judged(store, run, options, execution)
        : written(store, run, options, execution);
    });
    const wanted = new Set(result.answers.map(({ row }) => row));
    const rows = new Map(
      [...store.versions.instructions(result.versionHash, 'test')]
        .filter(({ row }) => wanted.has(row))
        .map((instruction) => [instruction.row, { instruction }]),
    );
    const version = store.versions.find(result.versionHash);
    const isCatalogue = !('by' in result) && result.titles !== null;
    const asked = [...rows.values()].map(({ instruction }) => instruction);
    const met = isCatalogue && version ? metBefore(versionLog(store.sources, version), asked) : undefined;
    const report = rankingReport(result, (row) => rows.get(row), { met }, ReportOptions.parse({}));
    return rankingAnswer(report, run, { path, reused });
  },
});

type Ranked = Promise<KeptAnswer<KeptRankingResult>>;

function written(store: Store, run: string, options: Options, execution: Execution): Ranked {
  const { set, model, rows, beams, top, seed, threads, again } = options;
  return rankRun(store, { run, set, model, options: { rows, beams, top, seed, threads, again } }, execution);
}

async function judged(store: Store, run: string, options: Options, execution: Execution): Ranked {
  const { judgeRun } = await import('../judge-run.js');
  const { model, rows, seed, template, negatives, sampler, recipe, device, precision, threads, again } = options;
  return judgeRun(store, {
    ...execution,
    ...{ run, model, recipe },
    settings: { rows, seed, template, negatives, sampler },
    computing: PredictOptions.parse({ device, precision, threads, again }),
  });
}
