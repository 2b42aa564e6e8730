import { join } from 'node:path';
import type { InstructionLine } from '../core/instruction.js';
import { fileSize, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import type { NativeOptions } from '../platform/native-program.js';
import { withTemporaryFolder } from '../platform/temporary-folder.js';
import { inspectFile } from './inspect-rows.js';

/**
 * The tokens of instruction lines under a model's vocabulary, and whether a run of this limit would take them whole, by row number.
 * Rows that the model has no tokens for are not among them.
 *
 * throws RectuneError (data): no such model, no vocabulary that can be read
 */
export function countTokens(
  {
    lines,
    labels,
    model,
    limit,
  }: {
    readonly lines: Iterable<InstructionLine>;
    readonly labels: readonly [string, string] | null;
    readonly model: string;
    readonly limit: number; // tokens
  },
  options: NativeOptions = {},
): Promise<Map<number, { tokens: number; fits: boolean }>> {
  return withTemporaryFolder(async (folder) => {
    const data = join(folder, 'lines.jsonl');
    writeSealed(data, toJsonLines(lines));
    if (fileSize(data) === 0) return new Map();
    const told = await inspectFile({ model, maxLength: limit, data, labels }, options);
    return new Map(
      told.rows.map(({ row, tokens, length, droppedHistory }) => [
        row,
        { tokens, fits: length !== null && droppedHistory === 0 },
      ]),
    );
  });
}
