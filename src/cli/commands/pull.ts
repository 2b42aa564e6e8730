import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { command, named } from '../command.js';
import { hubFlags, hubOf, pullOptions } from '../hub-flags.js';

export default command({
  name: 'pull',
  summary: 'bring a base model from a hub into the cache that Python programs share; its path is printed',
  positionals: z.strictObject({
    kind: z.enum(['model']).describe('what to bring'),
    repo: z.string().describe('repository, like org/name'),
    file: z.string().optional().describe('of a model: the GGUF file in it'),
  }),
  options: z.strictObject({
    revision: named('R', 'branch, tag or commit').default('main'),
    refresh: z.boolean().default(false).describe('ask the hub what the revision means now, although the cache knows'),
    ...hubFlags,
  }),
  examples: [
    'rectune pull model org/name-GGUF name.Q4_1.gguf',
    'rectune train VERSION --model "$(rectune pull model ...)"',
  ],
  async run({ repo: name, file }, options, context) {
    const { pullFiles } = await import('../../sharing/pull-file.js');
    if (file === undefined)
      throw new RectuneError('usage', '<file> is missing', 'rectune pull model', 'name the GGUF file');
    const repo = { type: 'model' as const, name };
    const pulled = await context.stoppable((signal) =>
      pullFiles(hubOf(options, context, signal), repo, [file], pullOptions(options, context)),
    );
    const path = pulled.paths[file] ?? '';
    context.note(
      `${file}: ${pulled.bytes} bytes, checked, commit ${pulled.commit}${pulled.wasThere ? ', from the cache' : ''}`,
    );
    return { value: { path, ...pulled }, text: path };
  },
});
