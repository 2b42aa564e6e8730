import { z } from 'zod';
import { InspectOptions } from '../../core/run-config.js';
import { requireGguf } from '../../platform/gguf-file.js';
import { packageVersion } from '../../platform/package-version.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { renderVersion } from '../render-version.js';

export default command({
  name: 'build',
  summary: 'turn interactions into a dataset version, as a recipe says',
  positionals: z.strictObject({
    recipe: z.string().describe('recipe file, or the name of a recipe that comes with rectune'),
  }),
  options: z.strictObject({
    model: named('FILE', 'prove that the loss lies on the answer in every row, as tokens of this GGUF file').optional(),
    teacher: named('FILE', 'model that writes the texts which the recipe wants of one, a GGUF file').optional(),
    ...InspectOptions.shape,
  }),
  examples: ['rectune build recipes/tallrec-movie.yaml', 'rectune build tallrec-movie --model M.gguf'],
  async run({ recipe }, { model, teacher, maxLength, threads }, context) {
    const [{ loadRecipe }, { buildVersion }] = await Promise.all([
      import('../../builders/load-recipe.js'),
      import('../../builders/build-version.js'),
    ]);
    if (model !== undefined) requireGguf(model);
    const store = context.openStore('existing');
    const { localTeacher } = await import('../teacher.js');
    const teaching = { ...executionOf(context), stoppable: context.stoppable, threads };
    const version = await buildVersion(store, loadRecipe(recipe), {
      teacher: teacher === undefined ? undefined : await localTeacher(store, teacher, teaching),
      studio: context.studio,
      now: context.now,
      program: packageVersion(),
      onProgress: (line) => context.note(line),
    });
    const { oneLabelParts } = await import('../../trainers/one-label.js');
    const warnings = oneLabelParts(store, version);
    const text = [renderVersion(version), ...warnings.map((warning) => `warning: ${warning}`)].join('\n');
    const value = { ...version, ...(warnings.length > 0 && { warnings }) };
    if (model === undefined) return { value, text };
    const { proveMask } = await import('../../trainers/prove-mask.js');
    const asked = { studio: context.studio, version, model, maxLength, threads, now: context.now };
    const proof = await context.stoppable((signal) => proveMask(store, asked, { signal }));
    const words = `the loss lies on the answer in all ${proof.rows} rows, ${proof.tokens} tokens${proof.reused ? ' (proved before)' : ''}`;
    return { value: { ...value, proof }, text: `${text}\n${words}` };
  },
});
