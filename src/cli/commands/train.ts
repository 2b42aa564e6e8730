import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { TrainOptions } from '../../core/run-config.js';
import type { RunEvent } from '../../core/run-event.js';
import { estimateRun } from '../../trainers/estimate.js';
import { oneLabelLearned } from '../../trainers/one-label.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { GRID_KEYS, seriesOf, trainSeries } from '../../trainers/series.js';
import { resumeRun, trainRun } from '../../trainers/train.js';
import { command, named } from '../command.js';
import { executionOf, trainingEvents } from '../execution.js';
import { writtenFlag } from '../flags.js';
import { renderEstimate } from '../render-estimate.js';
import { renderSeries } from '../render-series.js';
import { renderTrainResult } from '../render-train.js';
import { trainFlags } from '../train-flags.js';

/** What may stand beside --resume: the rest is the run's own. */
const WITH_RESUME = ['resume', 'model', 'threads', 'spikeFactor', 'recompute', 'memoryLimit'];

export default command({
  name: 'train',
  summary: 'train an adapter on a dataset version (--json: the run events as JSON lines)',
  positionals: z.strictObject({
    version: z.string().optional().describe('name, hash or unique beginning of the hash of a dataset version'),
  }),
  options: z.strictObject({
    model: named('FILE', 'base model, a GGUF file').optional(),
    resume: named(
      'RUN',
      'go on with a run that was stopped, from its newest checkpoint and with its own settings',
    ).optional(),
    seeds: named('N|A,B', 'train so many runs, the seeds from --seed on; or these seeds').optional(),
    grid: z
      .array(z.string())
      .default([])
      .meta({
        value: 'KEY=A,B',
        repeats: true,
        description: `train a run for each value of ${GRID_KEYS.join(', ')}; may be given again`,
      }),
    estimate: z.boolean().default(false).describe('say what memory and time the run would take, and begin nothing'),
    ...trainFlags,
  }),
  examples: [
    'rectune train tallrec-movie --model M.gguf --shots 64 --seed 1',
    'rectune train tallrec-movie --model M.gguf --shots 64 --seeds 5 --grid rank=4,8 --grid learningRate=1e-4,3e-4',
    'rectune train tallrec-movie --model M.gguf --shots 64 --estimate',
    'rectune train --resume tallrec-movie-1a2b3c4d',
  ],
  async run({ version }, { model, resume, seeds, grid, estimate, ...options }, context) {
    const store = context.openStore('existing');
    const events = trainingEvents(context);
    const execution = { ...executionOf(context), onEvent: events.take };
    if (resume !== undefined) {
      requireOnly(context.given, resume);
      const { threads, memoryLimit } = options;
      const spikeFactor = context.given.has('spikeFactor') ? options.spikeFactor : undefined;
      const recompute = context.given.has('recompute') ? options.recompute : undefined;
      const request = { run: resume, version, model, threads, spikeFactor, recompute, memoryLimit, ...execution };
      const result = await context.stoppable((signal) => resumeRun(store, { ...request, signal }));
      return events.answer(store, result, renderTrainResult);
    }
    if (version === undefined)
      throw missing('a dataset version', 'rectune train VERSION --model FILE, or --resume RUN');
    if (model === undefined) throw missing('--model', `rectune train ${version} --model FILE`);
    const learned = seriesOf(options, seeds, grid).map((one) =>
      oneLabelLearned(store, findVersion(store, version), one),
    );
    for (const warning of new Set(learned)) if (warning !== undefined) context.note(`warning: ${warning}`);
    if (estimate) {
      if (seeds !== undefined || grid.length > 0) throw estimatesOne();
      const { onEvent: _, ...rest } = execution;
      const onEvent = (event: RunEvent) => context.progress.event(event);
      const request = { version, model, options, ...rest, onEvent };
      const value = await context.stoppable((signal) => estimateRun(store, { ...request, signal }));
      return { value, text: renderEstimate(value) };
    }
    if (seeds !== undefined || grid.length > 0) {
      const series = seriesOf(options, seeds, grid);
      const onRun = (index: number) => context.note(`run ${index + 1} of ${series.length}`);
      const results = await context.stoppable((signal) =>
        trainSeries(store, { version, model, series, ...execution, signal }, onRun),
      );
      return context.json ? undefined : { value: results, text: renderSeries(store, results) };
    }
    const request = { version, model, options, ...execution };
    const result = await context.stoppable((signal) => trainRun(store, { ...request, signal }));
    return events.answer(store, result, renderTrainResult);
  },
});

function requireOnly(given: ReadonlySet<string>, run: string): void {
  const extra = [...given].filter(
    (name) =>
      (name in TrainOptions.shape || ['seeds', 'grid', 'estimate'].includes(name)) && !WITH_RESUME.includes(name),
  );
  if (extra.length === 0) return;
  const fix = `leave ${extra.length > 1 ? 'them' : 'it'} out: a resumed run goes on with its own settings`;
  throw new RectuneError(
    'usage',
    `${extra.map((key) => writtenFlag(TrainOptions, key)).join(', ')} given together with --resume`,
    `run ${run}`,
    fix,
  );
}

function estimatesOne(): RectuneError {
  const fix = 'estimate one of the runs: leave out --seeds and --grid';
  return new RectuneError('usage', '--estimate is of one run, but a series is asked for', 'training options', fix);
}

function missing(what: string, usage: string): RectuneError {
  return new RectuneError('usage', `${what} is missing`, 'rectune train', `give it: ${usage}`);
}
