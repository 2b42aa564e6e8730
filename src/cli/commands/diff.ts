import { z } from 'zod';
import { diffVersions } from '../../builders/diff/diff-versions.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, limitOption } from '../command.js';
import { renderDiff } from '../render-diff.js';

export default command({
  name: 'diff',
  summary:
    'what two dataset versions differ in: settings of their recipes, and rows added, removed and changed, word by word',
  positionals: z.strictObject({
    before: z.string().describe('name, hash or unique beginning of the hash of a dataset version'),
    after: z.string().describe('another one'),
  }),
  options: z.strictObject({ limit: limitOption.describe('most rows to print of each kind of change') }),
  examples: ['rectune diff 4819e9eee95f tallrec-movie --limit 5'],
  async run({ before, after }, { limit }, context) {
    const store = context.openStore('existing');
    const diff = diffVersions(store, findVersion(store, before), findVersion(store, after), { limit });
    return { value: diff, text: renderDiff(diff, context.page) };
  },
});
