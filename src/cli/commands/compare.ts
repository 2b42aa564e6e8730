import { z } from 'zod';
import { ReportOptions } from '../../core/report.js';
import { command } from '../command.js';
import { renderComparison } from '../render-comparison.js';

export default command({
  name: 'compare',
  summary:
    'runs beside each other: the settings that differ, their best steps, and each minus the first on the same test rows, models of users and items too',
  positionals: z.strictObject({
    runs: z.array(z.string()).describe('two or more runs with predictions on test; the first is the reference'),
  }),
  options: ReportOptions,
  examples: ['rectune compare tallrec-movie-1a2b3c4d tallrec-movie-5e6f7a8b'],
  async run({ runs }, options, context) {
    const { compareRuns } = await import('../../eval/contest/compare-runs.js');
    const value = compareRuns(context.openStore('existing'), context.studio, runs, options);
    return { value, text: renderComparison(value, options) };
  },
});
