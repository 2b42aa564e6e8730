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

const NAMED = 5; // rows that an error names for each reason
const REASONS = 3; // that it names

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
  const broken = new Map<string, string[]>(); // by reason
  const add = (what: string, row: string) => {
    const rows = broken.get(what);
    if (rows) rows.push(row);
    else broken.set(what, [row]);
  };
  let [rows, tokens, fix] = [0, 0, ''];
  for (const split of SPLITS) {
    const told = await inspectRows({ studio, version, split, model, maxLength, threads }, options);
    for (const { row, what, fix: remedy } of told.problems) {
      add(what, rowPath(split, row));
      fix ||= remedy;
    }
    for (const { row, ends } of told.rows) if (!ends) add('no end token', rowPath(split, row));
    rows += told.rows.length;
    tokens += told.rows.reduce((sum, { length }) => sum + (length ?? 0), 0);
  }
  if (broken.size > 0) {
    const count = [...broken.values()].reduce((sum, named) => sum + named.length, 0);
    throw new RectuneError(
      'data',
      `${count} row${count === 1 ? '' : 's'} of version ${version.name} cannot be trained or scored as they are with this model`,
      whereBroken(broken),
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

/** "train/54, train/91 and 25 more: labels ... both begin with token 410". Each reason once, however many rows have it. */
function whereBroken(broken: ReadonlyMap<string, readonly string[]>): string {
  const reasons = [...broken].slice(0, REASONS).map(([what, rows]) => {
    const more = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
    return `${rows.slice(0, NAMED).join(', ')}${more}: ${what}`;
  });
  const others = broken.size > REASONS ? [`and ${broken.size - REASONS} more reasons`] : [];
  return [...reasons, ...others].join('; ');
}
