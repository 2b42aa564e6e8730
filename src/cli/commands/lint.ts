import { z } from 'zod';
import { ExitCode, RectuneError } from '../../core/errors.js';
import { type Finding, RULES } from '../../core/lint.js';
import { InspectOptions } from '../../core/run-config.js';
import { command, named } from '../command.js';
import { renderFindings, renderRules } from '../render-lint.js';

export default command({
  name: 'lint',
  summary:
    'what is wrong with a template, a recipe or a dataset version; ends with code 2 when something must be corrected',
  positionals: z.strictObject({
    what: z
      .string()
      .optional()
      .describe('a template or its .hbs file, a dataset version, or a recipe or its .yaml file'),
  }),
  options: z.strictObject({
    model: named('FILE', 'also the rules that ask how this GGUF file makes tokens of it').optional(),
    wrapper: z
      .enum(['alpaca', 'plain'])
      .default('alpaca')
      .describe('what stands around a template; a recipe names its own'),
    list: z.boolean().default(false).describe('print all rules'),
    ...InspectOptions.shape,
  }),
  examples: ['rectune lint my-template.hbs', 'rectune lint tallrec-movie --model M.gguf', 'rectune lint --list'],
  async run({ what }, { list, ...options }, context) {
    if (list) return { value: RULES, text: renderRules() };
    if (what === undefined) {
      const fix = 'name a template, a recipe or a dataset version; rectune lint --list prints the rules';
      throw new RectuneError('usage', 'nothing is named', 'rectune lint', fix);
    }
    const { lint } = await import('../lint.js');
    const findings: readonly Finding[] = await lint(what, options, context);
    const failed = findings.some(({ severity }) => severity === 'error');
    return {
      value: { asked: what, findings },
      text: renderFindings(what, findings),
      exitCode: failed ? ExitCode.usage : ExitCode.done,
    };
  },
});
