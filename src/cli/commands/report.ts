import { resolve } from 'node:path';
import { z } from 'zod';
import { ReportOptions } from '../../core/report.js';
import { studioLayout } from '../../platform/studio.js';
import { command, named } from '../command.js';

export default command({
  name: 'report',
  summary: 'what a run is worth, with intervals and trivial baselines: one HTML file, Markdown, JSON and LaTeX tables',
  positionals: z.strictObject({ run: z.string().describe('run whose predictions are in the store') }),
  options: z.strictObject({
    out: named('DIR', 'folder of its files; reports/<run> of the studio without it').optional(),
    ...ReportOptions.shape,
  }),
  examples: ['rectune report tallrec-movie-1a2b3c4d --out report'],
  async run({ run }, { out, ...options }, context) {
    const [{ reportRun }, { summarizeReport }] = await Promise.all([
      import('../../eval/report-run.js'),
      import('../../eval/summary.js'),
    ]);
    const directory = out === undefined ? studioLayout.report(context.studio, run) : resolve(out);
    const settings = { studio: context.studio, directory, now: context.now, options };
    const report = await reportRun(context.openStore('existing'), run, settings);
    return { value: { directory, report }, text: `${summarizeReport(report)}\n\nfiles: ${directory}` };
  },
});
