import { z } from 'zod';
import { sourceStats } from '../../builders/stats/source-stats.js';
import { userGaps } from '../../builders/stats/user-gaps.js';
import { versionStats } from '../../builders/stats/version-stats.js';
import { RectuneError } from '../../core/errors.js';
import { labelOfVersion } from '../../core/label-rule.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command } from '../command.js';
import { renderSourceStats, renderVersionStats } from '../render-stats.js';

export default command({
  name: 'stats',
  summary: 'what a log or a dataset version is like: density, popularity, pauses, drift by week; rows, labels, lengths',
  positionals: z.strictObject({ name: z.string().describe('id of a source, or name or hash of a dataset version') }),
  options: z.strictObject({
    threshold: z.coerce.number().optional().describe('of a source: liked is a rating above this'),
  }),
  examples: ['rectune stats ml-100k --threshold 3', 'rectune stats tallrec-movie'],
  async run({ name }, { threshold }, context) {
    const store = context.openStore('existing');
    const source = store.sources.find(name);
    if (source) {
      const gaps = userGaps(() => store.sources.columns(name));
      const stats = sourceStats(store.sources.columns(name), gaps, threshold);
      return { value: { source: name, ...stats }, text: renderSourceStats(name, stats, context.page) };
    }
    const version = findVersion(store, name);
    if (threshold !== undefined) {
      const fix = 'leave --threshold out: its rows have labels already';
      throw new RectuneError('usage', `"${name}" is a dataset version, not a source`, 'rectune stats --threshold', fix);
    }
    const kinds = new Map(
      version.templates.map((one) => [one.id, { task: one.task ?? '-', family: one.family ?? one.id }]),
    );
    const stats = versionStats(
      () => store.statistics.rows(version.hash),
      (id) => kinds.get(id) ?? { task: '-', family: id },
      store.statistics.repeatedTargets(version.hash),
    );
    const title = `${version.name} ${version.hash.slice(0, 12)}`;
    return {
      value: { version: version.name, hash: version.hash, ...stats },
      text: renderVersionStats(title, stats, labelOfVersion(version), context.page),
    };
  },
});
