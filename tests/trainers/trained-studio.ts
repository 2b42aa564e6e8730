import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DatasetVersion } from '../../src/core/dataset-version.js';
import { type Instruction, instructionLine, SPLITS, type Split } from '../../src/core/instruction.js';
import { TrainOptions } from '../../src/core/run-config.js';
import { sha256, writeSealed } from '../../src/platform/files.js';
import { toJsonLines } from '../../src/platform/json-lines.js';
import { studioLayout } from '../../src/platform/studio.js';
import { openStore, type Store } from '../../src/store/store.js';
import { instruction, NOW, temporaryFolder, version } from '../store/fixtures.js';

/** A studio with one sealed version "invented" (20 train rows, 2 valid, 3 test) and a model file; gone when the test ends. */
export interface TestStudio {
  studio: string;
  store: Store;
  model: string;
  version: DatasetVersion;
  now: () => Date;
}

const COUNTS = { train: 20, valid: 2, test: 3 };

export function testStudio(
  change: Partial<Instruction> = {},
  rowsOf: Partial<typeof COUNTS> = {},
  hash = 'abcdef',
  of: Partial<DatasetVersion> = {},
): TestStudio {
  const counts = { ...COUNTS, ...rowsOf };
  const studio = temporaryFolder();
  const store = openStore(studioLayout.store(studio));
  onTestFinished(() => store.close());
  const rows = SPLITS.flatMap((split) =>
    Array.from({ length: counts[split] }, (_, row) =>
      instruction(row, { split, label: row % 2 === 0, userId: `u${row}`, ...change }),
    ),
  );
  const bySplit = (split: Split) =>
    [
      ...toJsonLines(
        rows
          .filter((row) => row.split === split)
          .map((row) => instructionLine(row, { ownAnswers: row.scored === 'likelihood' })),
      ),
    ].join('');
  const files = { train: sha256(bySplit('train')), valid: sha256(bySplit('valid')), test: sha256(bySplit('test')) };
  const built = version(hash, { ...of, counts: { ...counts, users: counts, liked: counts }, files });
  for (const split of SPLITS) writeSealed(studioLayout.instructions(studio, built.hash, split), bySplit(split));
  store.versions.save(built, rows, NOW);
  const model = join(studio, 'model.gguf');
  writeSealed(model, 'a model');
  return { studio, store, model, version: built, now: () => NOW };
}

/** Training options as a command line gives them. */
export function options(given: Partial<TrainOptions> = {}): TrainOptions {
  return TrainOptions.parse(given);
}
