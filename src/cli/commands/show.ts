import { resolve } from 'node:path';
import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { InspectOptions } from '../../core/run-config.js';
import { command, named } from '../command.js';
import { renderRow, type SeenRow } from '../render-row.js';
import { readRowName } from '../row-name.js';
import { textMarks } from '../text-marks.js';

export default command({
  name: 'show',
  summary: 'a row: its prompt and answer, the log lines that it came from, and with --tokens what a model sees of it',
  positionals: z.strictObject({ row: z.string().describe('VERSION/SPLIT/N, such as tallrec-movie/train/0') }),
  options: z.strictObject({
    tokens: z.boolean().default(false).describe('token by token, loss and cut history marked; needs --model'),
    model: named('FILE', 'whose tokens they are, a GGUF file').optional(),
    ...InspectOptions.shape,
  }),
  examples: ['rectune show tallrec-movie/test/17', 'rectune show tallrec-movie/train/0 --tokens --model M.gguf'],
  async run({ row: name }, { tokens, model, maxLength, threads }, context) {
    const [{ rowOrigin }, { inspectRows }, { findVersion }] = await Promise.all([
      import('../../builders/row-origin.js'),
      import('../../trainers/inspect-rows.js'),
      import('../../trainers/sealed-split.js'),
    ]);
    const { version: wanted, split, row } = readRowName(name);
    if (tokens && model === undefined) {
      throw new RectuneError('usage', '--tokens without a model', 'rectune show', 'name one: --model M.gguf');
    }
    const store = context.openStore('existing');
    const version = findVersion(store, wanted);
    const instruction = store.versions.instruction(version.hash, split, row);
    if (!instruction) {
      const fix = `choose one of the ${version.counts[split]} rows of ${split}, which are numbered from 0`;
      throw new RectuneError('usage', `there is no row ${row} in ${split}`, `version ${version.name}`, fix);
    }
    const origin = rowOrigin(store, version, instruction);
    let seen: SeenRow | undefined;
    if (tokens && model !== undefined) {
      const request = { studio: context.studio, version, split, model, maxLength, threads, rows: [row], pieces: true };
      const { limit, rows, problems } = await inspectRows(request);
      const [first] = rows;
      if (!first) {
        const [problem] = problems;
        throw new RectuneError(
          'data',
          problem?.what ?? 'the row has no tokens',
          name,
          problem?.fix ?? 'choose another model',
        );
      }
      seen = { model: resolve(model), limit, row: first, problems };
    }
    return {
      value: { ...origin, ...(seen ? { tokens: seen } : {}) },
      text: renderRow(origin, seen, textMarks(context.page.color)),
    };
  },
});
