import { z } from 'zod';
import { ExitCode } from '../../core/errors.js';
import { command } from '../command.js';
import { isVerified, renderVerification } from '../render-verification.js';

export default command({
  name: 'verify',
  summary:
    'derive a report again from the predictions and fits that it names, without a model, and name every value that differs',
  positionals: z.strictObject({ report: z.string().describe('a report.json, or the folder of one') }),
  options: z.strictObject({}),
  examples: ['rectune verify .rectune/reports/tallrec-movie-1a2b3c4d/report.json'],
  async run({ report }, _, context) {
    const { verifyReport } = await import('../../eval/verify/verify-report.js');
    const value = await verifyReport(context.openStore('existing'), context.studio, report);
    const text = renderVerification(value);
    return isVerified(value) ? { value, text } : { value, text, exitCode: ExitCode.data };
  },
});
