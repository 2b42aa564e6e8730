import { z } from 'zod';
import { FILTERS } from '../../core/curation/filters.js';
import { RectuneError } from '../../core/errors.js';
import { packageVersion } from '../../platform/package-version.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';
import { describedSteps, renderCuration, renderSteps } from '../render-curation.js';

export default command({
  name: 'curate',
  summary: 'make a new dataset version from an old one: duplicates, filters, balance, samples, pseudonyms, verdicts',
  positionals: z.strictObject({
    version: z.string().optional().describe('name, hash or unique beginning of the hash of a dataset version'),
  }),
  options: z.strictObject({
    steps: named('FILE', 'steps in YAML, see docs/formats.md').optional(),
    step: z.array(z.string()).optional().meta({
      value: 'STEP',
      repeats: true,
      description: 'a step, behind those of the file: dead-items, or "sample: {fraction: 0.1}"; may be given again',
    }),
    model: named(
      'FILE',
      'a GGUF file whose tokens long-prompts and short-prompts count, where they name none',
    ).optional(),
    name: named('NAME', 'of the new version; without it the old name with "-curated" behind it').optional(),
    list: z.boolean().default(false).describe('print all kinds of steps with their settings'),
  }),
  examples: [
    'rectune curate tallrec-movie --step exact-duplicates --step "dead-items: {interactions: 10}"',
    'rectune curate tallrec-movie --steps steps.yaml --name tallrec-clean',
    'rectune curate tallrec-movie --step "long-prompts: {tokens: 512}" --model M.gguf',
    'rectune curate --list',
  ],
  async run({ version: wanted }, { steps: file, step: single = [], model, name, list }, context) {
    if (list) {
      const steps = describedSteps();
      return {
        value: { count: steps.length, filters: FILTERS.length, steps },
        text: renderSteps(steps, FILTERS.length),
      };
    }
    const fix = 'see rectune curate --help, and rectune curate --list for all steps';
    if (wanted === undefined) throw new RectuneError('usage', 'no dataset version is named', 'rectune curate', fix);
    if (file === undefined && single.length === 0)
      throw new RectuneError('usage', 'no step is given', 'rectune curate', fix);
    const [{ curateVersion }, { withModel }, { readStep, readSteps }, { countTokens }] = await Promise.all([
      import('../../builders/curate/curate-version.js'),
      import('../../builders/curate/counted-tokens.js'),
      import('../../builders/curate/read-steps.js'),
      import('../../trainers/count-tokens.js'),
    ]);
    const written = [...(file === undefined ? [] : readSteps(file)), ...single.map(readStep)];
    const steps = withModel(written, model);
    const store = context.openStore('existing');
    const version = await curateVersion(store, findVersion(store, wanted), steps, {
      studio: context.studio,
      now: context.now,
      program: packageVersion(),
      onProgress: (line) => context.note(line),
      countTokens: (request) => context.stoppable((signal) => countTokens(request, { signal })),
      name,
    });
    return { value: version, text: renderCuration(version) };
  },
});
