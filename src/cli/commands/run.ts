import { resolve } from 'node:path';
import { z } from 'zod';
import { packageVersion } from '../../platform/package-version.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import type { PipelineResult } from '../pipeline.js';
import { renderSeeds } from '../render-seeds.js';
import { trainFlagsOverRecipe } from '../train-flags.js';

export default command({
  name: 'run',
  summary: 'a recipe from the log to the report: import, build, train, predict, report; only what is not there yet',
  positionals: z.strictObject({
    recipe: z.string().describe('recipe file, or the name of a recipe that comes with rectune'),
  }),
  options: z.strictObject({
    log: named('DIR', "the log's folder; not needed when the log is imported already").optional(),
    model: named('FILE', 'base model, a GGUF file'),
    teacher: named('FILE', 'model that writes the texts which the recipe wants of one, a GGUF file').optional(),
    out: named('DIR', 'folder of the report; reports/<run> of the studio without it').optional(),
    seeds: named('N|A,B', "do it for so many seeds, from --seed or the recipe's on; or for these seeds").optional(),
    ...trainFlagsOverRecipe,
  }),
  examples: [
    'rectune run recipes/tallrec-movie.yaml --log ml-100k --model M.gguf',
    "rectune run tallrec-movie --model M.gguf --shots 64 --seed 1     (training options take the place of the recipe's)",
  ],
  async run({ recipe }, { log, model, teacher, out, seeds, ...options }, context) {
    const [{ runPipeline, runPipelineForSeeds }, { summarizeReport }] = await Promise.all([
      import('../pipeline.js'),
      import('../../eval/summary.js'),
    ]);
    const given = Object.entries(options).filter(([name]) => context.given.has(name));
    // Without a log its rows must be in the store already.
    const openStore = () => context.openStore(log === undefined ? 'existing' : 'make');
    const request = {
      ...executionOf(context),
      stoppable: context.stoppable,
      recipe,
      log,
      model,
      teacher,
      train: Object.fromEntries(given),
      reportDirectory: out === undefined ? undefined : resolve(out),
      program: packageVersion(),
      onStage: (line: string) => context.note(line),
      onReading: context.progress.reading(),
    };
    if (seeds !== undefined) {
      const results = await runPipelineForSeeds(openStore, request, seeds);
      return { value: results.map(summaryOf), text: renderSeeds(results) };
    }
    const result = await runPipeline(openStore, request);
    const { adapter, report, directory } = result;
    return { value: summaryOf(result), text: `${summarizeReport(report)}\n\nadapter: ${adapter}\nfiles: ${directory}` };
  },
});

function summaryOf({ source, version, run, directory, report }: PipelineResult) {
  return { source: source?.id ?? version.sourceId, version: version.hash, run: run.id, directory, report };
}
