import { z } from 'zod';
import { command } from '../command.js';
import { renderCoverage, renderLibrary } from '../render-templates.js';

export default command({
  name: 'templates',
  summary: 'the instruction library, and which of its families and cells a log can support',
  positionals: z.strictObject({
    source: z.string().optional().describe('id of an imported log: what it has columns for'),
  }),
  options: z.strictObject({}),
  examples: ['rectune templates', 'rectune templates ml-100k'],
  async run({ source }, _options, context) {
    const [{ libraryOverview }, { sourceCoverage }] = await Promise.all([
      import('../../builders/template-library.js'),
      import('../../builders/source-coverage.js'),
    ]);
    const library = libraryOverview();
    if (source !== undefined) {
      const coverage = sourceCoverage(context.openStore('existing'), source, library);
      return { value: coverage, text: renderCoverage(coverage) };
    }
    const families = [...library.families, library.published].map(({ family, says, templates }) => ({
      family,
      says,
      templates: templates.map(({ head }) => ({ id: head.id, task: head.task, evaluationOnly: head.evaluationOnly })),
    }));
    const { grid, counts } = library;
    return { value: { families, grid, counts }, text: renderLibrary(library) };
  },
});
