import { z } from 'zod';
import { MergeOptions } from '../../core/run-config.js';
import { mergeAdapter } from '../../trainers/merge.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';

export default command({
  name: 'merge',
  summary: 'the base model with an adapter in it, as one GGUF file that any llama.cpp serves',
  positionals: z.strictObject({ adapter: z.string().describe('run whose adapter it is, or an adapter GGUF') }),
  options: z.strictObject({
    model: named('FILE', 'base model, a GGUF file; for a run only when it lies in another place now').optional(),
    out: named('FILE', 'the new model; its folder is made when needed'),
    ...MergeOptions.shape,
    force: z.boolean().default(false).describe('replace a file that is there'),
  }),
  examples: [
    'rectune merge tallrec-movie-1a2b3c4d --out merged.gguf',
    'rectune merge A.gguf --model M.gguf --out merged.gguf --type q8_0',
  ],
  async run({ adapter }, { model, out, force, ...options }, context) {
    const openStore = () => context.openStore('existing');
    const request = { of: adapter, model, out, force, options, ...executionOf(context) };
    const made = await context.stoppable((signal) => mergeAdapter(openStore, { ...request, signal }));
    const lines = [
      `${made.out}: ${made.type}, ${made.bytes} bytes`,
      `  model    ${made.model}`,
      `  adapter  ${made.adapter}`,
    ];
    return { value: made, text: lines.join('\n') };
  },
});
