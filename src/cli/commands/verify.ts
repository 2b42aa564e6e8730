import { z } from 'zod';
import { ExitCode } from '../../core/errors.js';
import { exists } from '../../platform/files.js';
import { studioLayout } from '../../platform/studio.js';
import { command } from '../command.js';
import { isVerified, renderVerification } from '../render-verification.js';

export default command({
  name: 'verify',
  summary:
    'derive a report again from the predictions and fits that it names, without a model, and name every value that differs',
  positionals: z.strictObject({
    report: z.string().describe('a report.json, the folder of one, or a run whose report lies in the studio'),
  }),
  options: z.strictObject({}),
  examples: ['rectune verify tallrec-movie-1a2b3c4d', 'rectune verify exported/report.json'],
  async run({ report: named }, _, context) {
    const ofRun = studioLayout.report(context.studio, named);
    const report = !exists(named) && /^[\w.-]+$/.test(named) && exists(ofRun) ? ofRun : named;
    const { verifyReport } = await import('../../eval/verify/verify-report.js');
    const value = await verifyReport(context.openStore('existing'), context.studio, report);
    const text = renderVerification(value);
    return isVerified(value) ? { value, text } : { value, text, exitCode: ExitCode.data };
  },
});
