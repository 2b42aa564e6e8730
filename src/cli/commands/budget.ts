import { resolve } from 'node:path';
import { z } from 'zod';
import { SPLITS, type Split } from '../../core/instruction.js';
import { DEFAULT_EPOCHS, InspectOptions } from '../../core/run-config.js';
import { lengthHistogram, rowPath, type SplitBudget, splitBudget } from '../../core/token-budget.js';
import type { InspectedRow } from '../../core/token-row.js';
import { command, named } from '../command.js';
import { type Budget, renderBudget } from '../render-budget.js';
import { renderTable } from '../render-table.js';

export default command({
  name: 'budget',
  summary:
    "the tokens of a dataset version under a model's vocabulary, before any run: lengths, what is cut, what does not fit",
  positionals: z.strictObject({ version: z.string().describe('name or hash of a dataset version') }),
  options: z.strictObject({
    model: named('FILE', 'whose tokens they are, a GGUF file; its weights are not read'),
    epochs: z.coerce.number().int().positive().default(DEFAULT_EPOCHS).describe('passes over train of the run'),
    rows: z.boolean().default(false).describe('list each row'),
    ...InspectOptions.shape,
  }),
  examples: [
    'rectune budget tallrec-movie --model M.gguf',
    'rectune budget tallrec-movie --model M.gguf --max-length 512 --rows',
  ],
  async run({ version: wanted }, { model, epochs, rows: listed, maxLength, threads }, context) {
    const [{ inspectRows }, { findVersion }] = await Promise.all([
      import('../../trainers/inspect-rows.js'),
      import('../../trainers/sealed-split.js'),
    ]);
    const version = findVersion(context.openStore('existing'), wanted);
    const rows: { split: Split; row: InspectedRow }[] = [];
    const problems: Budget['problems'][number][] = [];
    const splits: Partial<Record<Split, SplitBudget>> = {};
    let limit = maxLength;
    for (const split of SPLITS) {
      const told = await context.stoppable((signal) =>
        inspectRows({ studio: context.studio, version, split, model, maxLength, threads }, { signal }),
      );
      splits[split] = splitBudget(told.rows);
      if (told.rows.length > 0) limit = told.limit;
      for (const row of told.rows) rows.push({ split, row });
      for (const problem of told.problems) problems.push({ split, ...problem });
    }
    const counted = splits as Record<Split, SplitBudget>;
    const { train } = counted;
    const budget: Budget = {
      version: version.hash,
      name: version.name,
      model: resolve(model),
      limit,
      splits: counted,
      histogram: lengthHistogram(rows.flatMap(({ row }) => row.length ?? [])),
      run: {
        epochs,
        rows: epochs * (train.rows - train.unfit.length),
        tokens: epochs * train.tokens,
        lossTokens: epochs * train.lossTokens,
      },
      problems,
    };
    if (!listed) return { value: budget, text: renderBudget(budget) };
    const list = renderTable(
      ['row', 'tokens', 'within the limit', 'items dropped', 'without history'],
      rows.map(({ split, row }) => [
        rowPath(split, row.row),
        String(row.tokens),
        String(row.length ?? ''),
        String(row.droppedHistory),
        String(row.shortest),
      ]),
    );
    return {
      value: { ...budget, rows: rows.map(({ split, row }) => ({ split, ...row })) },
      text: `${renderBudget(budget)}\n\n${list}`,
    };
  },
});
