import { z } from 'zod';
import { PROBE_SEED, PROBES } from '../../core/probe.js';
import { PredictOptions } from '../../trainers/predict.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { probeSecondsOption, readProbes } from '../probe-names.js';
import { renderProbes } from '../render-probes.js';

export default command({
  name: 'probe',
  summary:
    'asks a run what its test rows do not: other orders, wordings and histories, exchanged titles, titles to complete',
  positionals: z.strictObject({ run: z.string().describe('run whose adapter and base model are asked') }),
  options: z.strictObject({
    only: named('LIST', `names with commas: ${PROBES.join(', ')}`).default(PROBES.join(',')),
    seconds: probeSecondsOption,
    seed: z.coerce.number().int().nonnegative().default(PROBE_SEED).describe('draws the rows and the forms'),
    recipe: named('FILE', "the version's recipe, when it shows templates of your own").optional(),
    model: named('FILE', 'base model, a GGUF file; only when it lies in another place now').optional(),
    ...PredictOptions.shape,
    again: z.boolean().default(false).describe('ask what was asked before'),
  }),
  examples: [
    'rectune probe tallrec-movie-1a2b3c4d                        # what `rectune run` asks between predict and report',
    'rectune probe tallrec-movie-1a2b3c4d --only order,wording --seconds 60',
  ],
  async run({ run }, { only, seconds, seed, recipe, model, ...options }, context) {
    const probes = readProbes(only, '--only');
    const { probeRun } = await import('../probe/probe-run.js');
    const store = context.openStore('existing');
    const asked = { run, probes, seconds, seed, recipe, model, options, onStage: (line: string) => context.note(line) };
    const answers = await context.stoppable((signal) => probeRun(store, { ...executionOf(context), ...asked, signal }));
    return renderProbes(answers);
  },
});
