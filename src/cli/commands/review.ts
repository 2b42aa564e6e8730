import { resolve } from 'node:path';
import { z } from 'zod';
import { reviewKey } from '../../builders/curate/review-file.js';
import { REVIEW_ORDERS, reviewQueue } from '../../builders/curate/review-queue.js';
import { Stage } from '../../builders/curate/stage.js';
import { Split } from '../../core/instruction.js';
import type { ReviewLine } from '../../core/review.js';
import { AppendFile, endLine } from '../../platform/append-file.js';
import { studioLayout } from '../../platform/studio.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';
import { renderRow } from '../render-review.js';
import { KEY_HELP, reviewRows } from '../review-session.js';

export default command({
  name: 'review',
  summary: `go through rows of a dataset version with keys: ${KEY_HELP}`,
  positionals: z.strictObject({
    version: z.string().describe('name, hash or unique beginning of the hash of a dataset version'),
  }),
  options: z.strictObject({
    split: Split.default('train').describe('rows to go through'),
    order: z
      .enum(REVIEW_ORDERS)
      .optional()
      .describe(
        'of the rows: least sure model first, label most contradicted by it first, or as they stand (default: uncertainty with predictions, else row)',
      ),
    file: named('FILE', 'review file, added to; one of the studio without it').optional(),
    limit: z.coerce.number().int().positive().optional().describe('most rows to ask for'),
    list: z.boolean().default(false).describe('ask nothing: write the rows into the review file as open, in order'),
  }),
  examples: [
    'rectune review tallrec-movie',
    'rectune review tallrec-movie --order noise --limit 100 --list',
    'rectune curate tallrec-movie --step review',
  ],
  async run({ version: wanted }, { split, order: asked, file, limit, list }, context) {
    const store = context.openStore('existing');
    const version = findVersion(store, wanted);
    const path = file === undefined ? studioLayout.review(context.studio, version.hash) : resolve(file);
    const stage = new Stage(store, version, context.studio);
    const { order, waiting, said } = reviewQueue(store, stage, split, path, asked);
    const rows = limit === undefined ? waiting : waiting.slice(0, limit);
    endLine(path); // one that was written by hand may lack its last newline
    const written = new AppendFile(path);
    const keep = (line: ReviewLine): void => written.writeLines([JSON.stringify(line)]);
    try {
      if (list) {
        const fresh = rows.filter((row) => !said.has(reviewKey(row)));
        written.writeLines(
          fresh.map(({ split: of, row, note }) => JSON.stringify({ row, split: of, verdict: 'open', note })),
        );
        const text = `${fresh.length} rows written as open, by ${order}: ${path}`;
        return { value: { version: version.hash, file: path, order, rows, written: fresh.length }, text };
      }
      const print = (text: string): void => (context.json ? context.note(text) : context.print(text));
      const show = ({ row, note }: (typeof rows)[number], place: number): void =>
        print(
          `${renderRow(stage.row(split, row), version.sourceId, note)}\n[${place + 1} of ${rows.length}] ${KEY_HELP}`,
        );
      const { given, left } = await reviewRows(rows, context.keys(), show, keep);
      const text = `${given.keep} kept, ${given.drop} dropped, ${given.skip} skipped, ${left} left: ${path}`;
      return { value: { version: version.hash, file: path, order, ...given, left }, text };
    } finally {
      written.close();
    }
  },
});
