import { join } from 'node:path';
import type { InstructionLine } from '../core/instruction.js';
import { writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import type { NativeOptions } from '../platform/native-program.js';
import { withTemporaryFolder } from '../platform/temporary-folder.js';
import { inspectFile } from './inspect-rows.js';

const LINE: InstructionLine = {
  row: 0,
  user: 'u',
  item: 'i',
  label: null,
  prompt: 'a',
  answer: 'b',
  values: [],
  history: [],
};

/**
 * Asks native/ whether it can use a model at all, before a log is read for it: its family, its tensors and its vocabulary. Takes as long as the vocabulary is
 * read; no weights are.
 *
 * throws RectuneError (data) as training would
 */
export async function requireTrainable(model: string, options: NativeOptions = {}): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const data = join(folder, 'one.jsonl');
    writeSealed(data, toJsonLines([LINE]));
    await inspectFile({ model, data, labels: null, maxLength: 0, threads: 1 }, options);
  });
}
