import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { AttributeName } from '../../core/source-spec.js';
import { Subject } from '../../core/text-set.js';
import { knownSource } from '../../sources/known-source.js';
import type { Store } from '../../store/store.js';
import { command, limitOption } from '../command.js';
import { renderMore } from '../render-list.js';
import { renderTable } from '../render-table.js';

export default command({
  name: 'rejects',
  summary: 'rows of a log, or of texts beside it, that could not be used, with place and reason',
  positionals: z.strictObject({ source: z.string().describe('id of an imported source, e.g. ml-100k') }),
  options: z.strictObject({
    of: Subject.optional().describe('of texts: whom they are about'),
    as: AttributeName.optional().meta({ value: 'NAME', description: 'of texts: what they are called' }),
    limit: limitOption,
  }),
  examples: ['rectune rejects ml-100k --limit 100', 'rectune rejects ml-1m --of item --as knowledge'],
  async run({ source: id }, { of, as: name, limit }, context) {
    const store = context.openStore('existing');
    if ((of === undefined) !== (name === undefined)) {
      const missing = of === undefined ? '--of' : '--as';
      const fix = `add ${missing}; rectune list texts shows what there is`;
      throw new RectuneError('usage', `texts are named by --of and --as, and ${missing} is missing`, 'rejects', fix);
    }
    const { whose, total, reasons, rejects } =
      of && name ? ofTexts(store, { sourceId: id, of, name }, limit) : ofLog(store, id, limit);
    const lines = rejects.map(({ place, reason, text }) => `${place}: ${reason}\n    ${text}`);
    return {
      value: { source: id, ...(of && { of, as: name }), total, reasons, rejects: rejects.map(({ value }) => value) },
      text:
        total === 0
          ? `no rows of ${whose} were rejected`
          : [summary(reasons), '', ...lines, ...renderMore(rejects.length, total)].join('\n'),
    };
  },
});

/** How many rows of which file for which reason: the rows themselves may be hundreds of thousands. */
function summary(reasons: Rejects['reasons']): string {
  const table = reasons.map(({ file, reason, rows }) => [String(rows), ...(file === undefined ? [] : [file]), reason]);
  return renderTable(['rows', ...(table[0]?.length === 3 ? ['file'] : []), 'reason'], table);
}

interface Shown {
  place: string;
  reason: string;
  text: string;
  value: object; // as --json tells it
}

interface Rejects {
  whose: string;
  total: number;
  reasons: readonly { file?: string; reason: string; rows: number }[]; // the most rows first
  rejects: Shown[];
}

function ofLog(store: Store, id: string, limit: number): Rejects {
  const total = knownSource(store, id).counts.rejects;
  const rejects = store.sources.rejects(id, limit).map((value) => {
    const { file, line, offset, reason, text } = value;
    const byte = offset === null ? '' : ` (byte ${offset})`;
    return { place: `${file}:${line}${byte}`, reason, text, value };
  });
  return { whose: id, total, reasons: store.sources.rejectReasons(id), rejects };
}

function ofTexts(store: Store, which: Parameters<Store['texts']['find']>[0], limit: number): Rejects {
  const set = store.texts.find(which);
  if (!set) {
    const what = `source "${which.sourceId}" has no texts "${which.name}" of ${which.of}s`;
    throw new RectuneError('usage', what, 'this studio', 'rectune list texts shows what there is');
  }
  const rejects = store.texts.rejects(which, limit).map((value) => ({ ...value, value }));
  return {
    whose: `texts ${which.name} of ${which.sourceId}`,
    total: set.counts.rejects,
    reasons: store.texts.rejectReasons(which),
    rejects,
  };
}
