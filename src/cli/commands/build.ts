import { z } from 'zod';
import { packageVersion } from '../../platform/package-version.js';
import { command } from '../command.js';
import { renderVersion } from '../render-version.js';

export default command({
  name: 'build',
  summary: 'turn interactions into a dataset version, as a recipe says',
  positionals: z.strictObject({
    recipe: z.string().describe('recipe file, or the name of a recipe that comes with rectune'),
  }),
  options: z.strictObject({}),
  examples: ['rectune build recipes/tallrec-movie.yaml'],
  async run({ recipe }, _options, context) {
    const [{ loadRecipe }, { buildVersion }] = await Promise.all([
      import('../../builders/load-recipe.js'),
      import('../../builders/build-version.js'),
    ]);
    const version = await buildVersion(context.openStore('existing'), loadRecipe(recipe), {
      studio: context.studio,
      now: context.now,
      program: packageVersion(),
      onProgress: (line) => context.note(line),
    });
    return { value: version, text: renderVersion(version) };
  },
});
