import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { ReportOptions } from '../../core/report.js';
import { command } from '../command.js';
import { renderLeaderboard } from '../render-leaderboard.js';

export default command({
  name: 'leaderboard',
  summary:
    'all runs of a dataset version on its test rows, the best first, beside base models, models of users and items and trivial baselines; ties marked',
  positionals: z.strictObject({
    version: z
      .string()
      .optional()
      .describe('name, hash or unique beginning of the hash; that of the newest run without it'),
  }),
  options: ReportOptions,
  examples: ['rectune leaderboard tallrec-movie'],
  async run({ version: wanted }, options, context) {
    const [{ leaderboard }, { findVersion }] = await Promise.all([
      import('../../eval/contest/leaderboard.js'),
      import('../../trainers/sealed-split.js'),
    ]);
    const store = context.openStore('existing');
    const named = wanted ?? store.runs.list(1)[0]?.versionHash;
    if (named === undefined) {
      throw new RectuneError('usage', 'there is no run yet', 'this studio', 'train one: rectune train');
    }
    const value = leaderboard(store, context.studio, findVersion(store, named), options);
    return { value, text: renderLeaderboard(value, options) };
  },
});
