import { z } from 'zod';
import { lineLineage, parsePlace, rowLineage } from '../../builders/lineage/lineage.js';
import { knownSource } from '../../sources/known-source.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, limitOption } from '../command.js';
import { renderLineLineage, renderRowLineage } from '../render-lineage.js';

export default command({
  name: 'lineage',
  summary:
    'where a row comes from, down to the lines of the log, and what was made of it; or which rows show a line of the log',
  positionals: z.strictObject({ place: z.string().describe('VERSION/SPLIT/N, or SOURCE:LINE') }),
  options: z.strictObject({ limit: limitOption.describe('most rows to print for a line of the log') }),
  examples: ['rectune lineage tallrec-movie/test/12', 'rectune lineage ml-100k:345'],
  async run({ place }, { limit }, context) {
    const wanted = parsePlace(place);
    const store = context.openStore('existing');
    if (wanted.of === 'line') {
      const lineage = lineLineage(store, knownSource(store, wanted.source).id, wanted.line, limit);
      return { value: lineage, text: renderLineLineage(lineage) };
    }
    const lineage = rowLineage(store, findVersion(store, wanted.version), wanted.split, wanted.row);
    return { value: lineage, text: renderRowLineage(lineage) };
  },
});
