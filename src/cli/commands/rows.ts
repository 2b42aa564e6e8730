import { z } from 'zod';
import { SPLITS } from '../../core/instruction.js';
import { ProbeName } from '../../core/probe.js';
import { command, limitOption, named } from '../command.js';
import { renderMore } from '../render-list.js';
import { renderSeenRows } from '../render-seen-rows.js';

export default command({
  name: 'rows',
  summary:
    'the rows behind a figure of a report and what every model said of them, those first of which the adapter is furthest off',
  positionals: z.strictObject({ report: z.string().describe('a run with a report, or a rows.jsonl') }),
  options: z.strictObject({
    task: named('TASK', 'rows of one task, such as judgement or ranking').optional(),
    split: z.enum(SPLITS).optional().describe('test or valid'),
    part: named('KIND=NAME', "a part of the test rows: 'wording=unseen in train'").optional(),
    probe: ProbeName.optional().describe('rows that a probe asked, those first on which the adapter changes most'),
    by: named(
      'RUN',
      "rows by another run of the report's seeds, those first of which its adapter is furthest off",
    ).optional(),
    seeds: named(
      'MODEL',
      'rows by the seeds of an ID model, such as din-full, those first on which they are furthest apart',
    ).optional(),
    limit: limitOption,
  }),
  examples: [
    'rectune rows tallrec-movie-1a2b3c4d --split test',
    'rectune rows RUN --probe history',
    "rectune rows RUN --task ranking --part 'repeat=target not shown before'",
  ],
  async run({ report }, { limit, ...query }, context) {
    const { findRows } = await import('../../eval/rows/find-rows.js');
    const found = findRows(() => context.openStore('existing'), report, query);
    const shown = found.slice(0, limit);
    const text = [...renderSeenRows(shown, query), ...renderMore(shown.length, found.length)].join('\n');
    return { value: { total: found.length, rows: shown }, text };
  },
});
