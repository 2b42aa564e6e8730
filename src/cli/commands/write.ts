import { z } from 'zod';
import { ReportOptions } from '../../core/report.js';
import { writtenReport } from '../../eval/tasks/written-report.js';
import { WriteOptions, writeRun } from '../../trainers/write-run.js';
import { command, named } from '../command.js';
import { executionOf } from '../execution.js';
import { writtenAnswer } from '../render-written.js';

export default command({
  name: 'write',
  summary:
    'texts that the model of a run writes behind rows of test that are answered by free text, and how near they are to those of the log (ROUGE)',
  positionals: z.strictObject({ run: z.string().describe('run whose adapter and base model write') }),
  options: z.strictObject({
    model: named('FILE', 'base model, only when it lies in another place now').optional(),
    ...WriteOptions.shape,
  }),
  examples: [
    'rectune write p5-gift-cards-1a2b3c4d                          # fifty rows, at most 64 tokens each',
    'rectune write p5-gift-cards-1a2b3c4d --rows 200 --max-tokens 128',
  ],
  async run({ run }, { model, ...options }, context) {
    const store = context.openStore('existing');
    const { result, path, reused } = await context.stoppable((signal) =>
      writeRun(store, { run, model, options }, { ...executionOf(context), signal }),
    );
    const users = new Map<number, string>();
    for (const { row, userId } of store.versions.facts(result.versionHash, 'test')) users.set(row, userId);
    const report = writtenReport(result, (row) => users.get(row), ReportOptions.parse({}));
    return writtenAnswer(report, run, { path, reused });
  },
});
