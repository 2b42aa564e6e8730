import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { Split } from '../../core/instruction.js';
import { PlannedRates, PowerDemand } from '../../core/power.js';
import { command } from '../command.js';
import { flagName } from '../flags.js';
import { renderPower } from '../render-power.js';

export default command({
  name: 'power',
  summary: 'how many users and rows it takes to see a difference, and what can be seen with those there are',
  positionals: z.strictObject({ run: z.string().optional().describe('run with a report: its comparisons') }),
  options: z.strictObject({
    ...PowerDemand.shape,
    split: Split.default('test').describe('with a run: rows of the comparisons'),
    metric: z.string().optional().describe('with a run: only this metric; a part of a name does, too'),
    ...PlannedRates.shape,
  }),
  examples: [
    'rectune power tallrec-movie-1a2b3c4d --difference 0.02',
    'rectune power --auc 0.7 --liked 0.6 --difference 0.02 --rows-per-user 10 --similarity 0.2',
    'rectune power --share 0.3 --users 500',
  ],
  async run({ run }, { difference, alpha, power, split, metric, ...rates }, context) {
    const { choosePlans, planOfRates, plansOfReport } = await import('../../eval/power-plan.js');
    const demand = { difference, alpha, power };
    const stray = Object.keys(run === undefined ? { split, metric } : rates).find((name) => context.given.has(name));
    if (stray !== undefined) {
      const what = `${flagName(stray)} is given ${run === undefined ? 'without' : 'together with'} a run`;
      const fix =
        run === undefined ? 'name a run, or leave it out' : "leave it out: a run's report says what its users are like";
      throw new RectuneError('usage', what, 'rectune power', fix);
    }
    if (run === undefined) return renderPower([planOfRates(rates, demand)], demand);
    const { storedReport } = await import('../../eval/stored-report.js');
    const plans = plansOfReport(storedReport(context.openStore('existing'), run), demand);
    return renderPower(choosePlans(plans, { split, metric }), demand);
  },
});
