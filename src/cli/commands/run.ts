import { resolve } from 'node:path';
import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { RANKING_KINDS } from '../../core/evaluation.js';
import { FIT_MODELS } from '../../core/fit-search.js';
import { packageVersion } from '../../platform/package-version.js';
import { command, named } from '../command.js';
import { readRankings, readWriting } from '../evaluation-flags.js';
import { executionOf } from '../execution.js';
import { idModelsOption, readIdModels } from '../model-names.js';
import { probeSecondsOption, probesOption, readProbes } from '../probe-names.js';
import { renderSeeds } from '../render-seeds.js';
import { trainFlagsOverRecipe } from '../train-flags.js';

/** Whatever stage was stopped: the command that was given does the rest, a stopped training from its last checkpoint on. */
function goesOnByItself(error: unknown): never {
  if (!(error instanceof RectuneError) || error.kind !== 'stopped') throw error;
  const fix =
    'give the same command again: it does what is not done yet, and training goes on from its last checkpoint';
  throw new RectuneError('stopped', error.message, error.where, fix);
}

export default command({
  name: 'run',
  summary:
    'a recipe from the log to the report: import, build, train, predict, probe, rank, write, fit, report; only what is not there yet',
  positionals: z.strictObject({
    recipe: z.string().describe('recipe file, or the name of a recipe that comes with rectune'),
  }),
  options: z.strictObject({
    log: named('DIR', "the log's folder; not needed when the log is imported already").optional(),
    model: named('FILE', 'base model, a GGUF file'),
    teacher: named('FILE', 'model that writes the texts which the recipe wants of one, a GGUF file').optional(),
    out: named('DIR', 'folder of the report; reports/<run> of the studio without it').optional(),
    idModels: idModelsOption(FIT_MODELS),
    seeds: named('N|A,B', "do it for so many seeds, from --seed or the recipe's on; or for these seeds").optional(),
    probes: probesOption,
    probeSeconds: probeSecondsOption,
    rankings: named(
      'LIST',
      `rankings to make before the report (rectune rank): none, or names with commas of ${RANKING_KINDS.join(', ')}; without it the recipe's`,
    ).optional(),
    write: named(
      'N|none',
      "texts to write before the report, behind so many rows that free text answers (rectune write), or none; without it the recipe's",
    ).optional(),
    ...trainFlagsOverRecipe,
    shots: named(
      'N,N',
      "train on so many rows of train, drawn by the seed, or on all; a list makes a run of each; without it the recipe's",
    ).optional(),
  }),
  examples: [
    'rectune run recipes/tallrec-movie.yaml --log ml-100k --model M.gguf',
    "rectune run tallrec-movie --model M.gguf --shots 64 --seed 1     (training options take the place of the recipe's)",
    'rectune run tallrec-movie --model M.gguf --shots 16,64,256 --seeds 3     (nine runs, one report)',
    'rectune run p5-movie --model M.gguf --rankings catalogue,judgement     (the same as evaluate: in the recipe)',
  ],
  async run({ recipe }, { log, model, teacher, out, idModels, probes, rankings, write, ...rest }, context) {
    const { seeds, shots, probeSeconds, ...options } = rest;
    const evaluation = { rank: readRankings(rankings), write: readWriting(write) };
    const [{ runPipeline }, { summarizeReport }] = await Promise.all([
      import('../pipeline.js'),
      import('../../eval/summary.js'),
    ]);
    const given = Object.entries(options).filter(([name]) => context.given.has(name));
    const request = {
      ...executionOf(context),
      stoppable: context.stoppable,
      ...{ recipe, log, model, teacher, evaluation },
      train: Object.fromEntries(given),
      idModels: readIdModels(idModels),
      probes: readProbes(probes, '--probes'),
      probeSeconds,
      reportDirectory: out === undefined ? undefined : resolve(out),
      program: packageVersion(),
      onStage: (line: string) => context.note(line),
      onReading: context.progress.reading(),
    };
    // Without a log its rows must be in the store already.
    const openStore = () => context.openStore(log === undefined ? 'existing' : 'make');
    const result = await runPipeline(openStore, request, { seeds, shots }).catch(goesOnByItself);
    const { source, version, run, runs, adapter, directory, report } = result;
    const several = runs.length > 1;
    const text = `${summarizeReport(report)}\n\nadapter: ${adapter}\nfiles: ${directory}`;
    return {
      value: {
        ...{ source: source?.id ?? version.sourceId, version: version.hash, run: run.id, directory, report },
        ...(several ? { runs: runs.map((one) => one.run.id) } : {}),
      },
      text: several ? `${renderSeeds(result)}\n\n${text}` : text,
    };
  },
});
