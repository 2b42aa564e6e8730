import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { FitProtocol } from '../../core/fit-result.js';
import { FIT_MODELS, FIT_SEEDS, FIT_TRIALS } from '../../core/fit-search.js';
import type { Store } from '../../store/store.js';
import { type FitRequest, fitIdModels } from '../../trainers/fit-id-models.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { readModelNames } from '../model-names.js';
import { fitAnswer } from '../render-fit.js';

export default command({
  name: 'fit',
  summary:
    'models of users and items (popularity, neighbours, EASE, BPR, GRU4Rec, SASRec, Caser, DIN) on the same rows',
  positionals: z.strictObject({
    target: z.string().describe('dataset version, or the run beside which they are to stand'),
  }),
  options: z.strictObject({
    models: named('LIST', `names with commas: ${FIT_MODELS.join(', ')}`).default(FIT_MODELS.join(',')),
    protocol: FitProtocol.default('full').describe(
      "what they learn from: full, all of train; shots, only the rows that a few-shot run saw (TALLRec's own comparison)",
    ),
    seeds: z.coerce.number().int().min(1).max(100).default(FIT_SEEDS).describe('of models that learn by chance'),
    threads: z.coerce.number().int().positive().optional().describe('CPU threads; change no bit of a score'),
    again: z.boolean().default(false).describe('fit again what was fitted before'),
  }),
  examples: [
    `rectune fit tallrec-movie --models ease,sasrec        # ${FIT_TRIALS} settings each, the best on valid`,
    'rectune fit tallrec-movie-1a2b3c4d --protocol shots   # from the rows of that run alone',
  ],
  async run({ target }, { models, protocol, seeds, threads, again }, context) {
    const store = context.openStore('existing');
    const request = {
      ...learnFrom(store, target, protocol),
      models: readModelNames(models, '--models'),
      seeds,
      threads,
      again,
    };
    const results = await context.stoppable((signal) =>
      fitIdModels(store, request, { ...executionOf(context), signal }),
    );
    return fitAnswer(results);
  },
});

function learnFrom(
  store: Store,
  target: string,
  protocol: FitProtocol,
): Pick<FitRequest, 'version' | 'protocol' | 'shots'> {
  const run = store.runs.find(target);
  const version = findVersion(store, run?.versionHash ?? target);
  if (protocol === 'full') return { version, protocol };
  const rows = run?.config.rows;
  if (run && rows) return { version, protocol, shots: { runId: run.id, rows } };
  const what = run ? `run "${target}" saw all of train` : `"${target}" is no run`;
  throw new RectuneError(
    'usage',
    `${what}, and --protocol shots needs one of few shots`,
    'rectune fit',
    'name a run that was trained with --shots, or leave --protocol out',
  );
}
