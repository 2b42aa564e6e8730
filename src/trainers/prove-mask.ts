import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { SPLITS } from '../core/instruction.js';
import { rowPath } from '../core/token-budget.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import type { NativeOptions } from '../platform/native-program.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { MaskProof } from '../store/mask-proof-store.js';
import type { Store } from '../store/store.js';
import { inspectRows } from './inspect-rows.js';
import { whenStoreIsFree } from './store-patience.js';

/** What is proved, and for whom. */
export interface MaskRequest {
  readonly studio: string;
  readonly version: DatasetVersion;
  readonly model: string; // path of a GGUF file
  readonly maxLength: number; // tokens
  readonly threads?: number | undefined;
  readonly now: () => Date;
}

const NAMED = 5; // rows that an error names

/**
 * Proves that every row of a version is, as tokens of a model, its own text with the loss on its answer: what the tokens say is the prompt without the
 * oldest history and the whole answer, byte for byte, and labels can be told apart. A proof that was made before is not made again.
 *
 * throws RectuneError (data) that names the rows for which it does not hold
 */
export async function proveMask(
  store: Store,
  { studio, version, model, maxLength, threads, now }: MaskRequest,
  options: NativeOptions = {},
): Promise<MaskProof & { reused: boolean }> {
  const modelHash = await rememberedSha256(model, studioLayout.fileHashes(studio));
  const key = { versionHash: version.hash, modelHash, maxLength, program: packageVersion() };
  const known = store.maskProofs.find(key);
  if (known) return { ...known, reused: true };
  const broken: string[] = [];
  let [rows, tokens, fix] = [0, 0, ''];
  for (const split of SPLITS) {
    const told = await inspectRows({ studio, version, split, model, maxLength, threads }, options);
    for (const { row, what, fix: remedy } of told.problems) {
      broken.push(`${rowPath(split, row)}: ${what}`);
      fix ||= remedy;
    }
    for (const { row, ends } of told.rows) if (!ends) broken.push(`${rowPath(split, row)}: no end token`);
    rows += told.rows.length;
    tokens += told.rows.reduce((sum, { length }) => sum + (length ?? 0), 0);
  }
  if (broken.length > 0) {
    const more = broken.length > NAMED ? `; and ${broken.length - NAMED} more` : '';
    throw new RectuneError(
      'data',
      `${broken.length} rows of version ${version.name} cannot be trained or scored as they are with this model`,
      broken.slice(0, NAMED).join('; ') + more,
      `${fix}; rectune budget ${version.name} --model MODEL lists them all`,
    );
  }
  await whenStoreIsFree(
    store,
    () => store.maskProofs.save(key, { rows, tokens }, now()),
    (line) => options.onStderr?.(line),
  );
  return { rows, tokens, reused: false };
}
