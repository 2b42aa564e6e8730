import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { Split } from '../../core/instruction.js';
import { TrainOptions } from '../../core/run-config.js';
import { PredictOptions, predictFile, predictRun, reportedSplits, unpredictedSplits } from '../../trainers/predict.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { renderPredictedFile, renderRunPredictions } from '../render-predict.js';

export default command({
  name: 'predict',
  summary:
    'log-odds of the labels, or a score of each answer, for each row: of a run and its base model, or of any model and adapter',
  positionals: z.strictObject({ run: z.string().optional().describe('run whose adapter predicts') }),
  options: z.strictObject({
    split: Split.optional().describe('rows to predict; for a run valid and test without it, else test'),
    data: named('VERSION', 'instead of a run: dataset version to predict').optional(),
    model: named('FILE', 'base model, a GGUF file; for a run only when it lies in another place now').optional(),
    adapter: named('FILE', 'with --data: adapter, a GGUF file').optional(),
    out: named('FILE', 'with --data: JSON lines with row, user, item, label, logOdds, choices').optional(),
    maxLength: TrainOptions.shape.maxLength.describe('with --data: longest row in tokens; 0: no limit'),
    ...PredictOptions.shape,
  }),
  examples: [
    'rectune predict tallrec-movie-1a2b3c4d',
    'rectune predict --data tallrec-movie --split test --model M.gguf --adapter A.gguf --out predictions.jsonl',
  ],
  async run({ run }, { split, data, model, adapter, out, maxLength, ...options }, context) {
    if ((run === undefined) === (data === undefined)) {
      const what = run === undefined ? 'neither a run nor --data is given' : 'both a run and --data are given';
      const fix = 'give one: rectune predict RUN, or rectune predict --data VERSION --model FILE --out FILE';
      throw new RectuneError('usage', what, 'rectune predict', fix);
    }
    const store = context.openStore('existing');
    const execution = executionOf(context);
    if (run !== undefined) {
      requireAbsent({ adapter, out, maxLength: context.given.has('maxLength') ? maxLength : undefined });
      const splits = split ? [split] : reportedSplits(store, run);
      const answers = [];
      for (const each of splits)
        answers.push(await predictRun(store, { run, split: each, model, options, ...execution }));
      return renderRunPredictions(run, answers, unpredictedSplits(store, run));
    }
    const files = { data: present(data, 'data'), model: present(model, 'model'), out: present(out, 'out') };
    const request = { ...files, split: split ?? 'test', adapter, maxLength, options, ...execution };
    const answer = await context.stoppable((signal) => predictFile(store, { ...request, signal }));
    return renderPredictedFile(files.out, answer);
  },
});

function present(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  const fix = 'rectune predict --data VERSION --model FILE --out FILE';
  throw new RectuneError('usage', `--${name} is missing`, 'rectune predict', `give it: ${fix}`);
}

function requireAbsent(flags: Record<string, unknown>): void {
  const extra = Object.keys(flags).filter((name) => flags[name] !== undefined);
  if (extra.length === 0) return;
  const names = extra.map((name) => `--${name === 'maxLength' ? 'max-length' : name}`).join(', ');
  const fix = 'leave it out: a run predicts with its own adapter and limit';
  throw new RectuneError('usage', `${names} given together with a run`, 'rectune predict', fix);
}
