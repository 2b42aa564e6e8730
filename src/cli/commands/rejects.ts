import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { command, limitOption } from '../command.js';
import { renderMore } from '../render-list.js';

export default command({
  name: 'rejects',
  summary: 'rows of a log that could not be read, with file, line and reason',
  positionals: z.strictObject({ source: z.string().describe('id of an imported source, e.g. ml-100k') }),
  options: z.strictObject({ limit: limitOption }),
  examples: ['rectune rejects ml-100k --limit 100'],
  async run({ source: id }, { limit }, context) {
    const store = context.openStore('existing');
    const source = store.sources.find(id);
    if (!source) {
      const known = store.sources.list().map((other) => other.id);
      const fix = known.length > 0 ? `use one of ${known.join(', ')}` : 'import one: rectune import LOG';
      throw new RectuneError('usage', `there is no source "${id}"`, 'this studio', fix);
    }
    const rejects = store.sources.rejects(id, limit);
    const lines = rejects.map(({ file, line, reason, text }) => `${file}:${line}: ${reason}\n    ${text}`);
    const total = source.counts.rejects;
    const more = renderMore(rejects.length, total);
    return {
      value: { source: id, total, rejects },
      text: total === 0 ? `no rows of ${id} were rejected` : [...lines, ...more].join('\n'),
    };
  },
});
