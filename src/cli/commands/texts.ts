import { z } from 'zod';
import { AttributeName } from '../../core/source-spec.js';
import { Subject } from '../../core/text-set.js';
import { command } from '../command.js';
import { renderTexts } from '../render-texts.js';

export default command({
  name: 'texts',
  summary:
    'read texts that were written elsewhere into the store, beside a source: a JSON object from id to text, JSON lines or CSV with id and text',
  positionals: z.strictObject({
    source: z.string().describe('id of an imported source, e.g. ml-1m'),
    file: z.string().describe('the file of texts'),
  }),
  options: z.strictObject({
    of: Subject.describe('whom the ids are of'),
    as: AttributeName.meta({
      value: 'NAME',
      description: 'what the texts are called; a text set of that name is replaced',
    }),
  }),
  examples: ['rectune texts ml-1m llm_response_item.json --of item --as knowledge', 'rectune list texts'],
  async run({ source, file }, { of, as: name }, context) {
    const { importTexts } = await import('../../sources/import-texts.js');
    const set = await importTexts(context.openStore('existing'), {
      sourceId: source,
      file,
      of,
      name,
      now: context.now,
    });
    return { value: set, text: renderTexts(set) };
  },
});
