import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { command, named } from '../command.js';
import { renderCoverage, renderLibrary, renderTexts } from '../render-templates.js';

export default command({
  name: 'templates',
  summary: 'the instruction library, and which of its families and cells a log can support',
  positionals: z.strictObject({
    source: z.string().optional().describe('id of an imported log: what it has columns for'),
  }),
  options: z.strictObject({
    of: named('NAME', 'print the texts of a family, of a cell of the grid, or of one template').optional(),
  }),
  examples: ['rectune templates', 'rectune templates ml-100k', 'rectune templates --of p1-i2-t3-plain'],
  async run({ source }, { of }, context) {
    if (of !== undefined) {
      if (source !== undefined) {
        const fix = 'ask for what a log can support, or for texts';
        throw new RectuneError('usage', '--of prints texts, which no log changes', 'rectune templates', fix);
      }
      const { templateTexts } = await import('../../builders/template-texts.js');
      const texts = templateTexts(of);
      return { value: texts.map(({ head, input }) => ({ ...head, input })), text: renderTexts(texts) };
    }
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
