import { join } from 'node:path';
import { DatasetVersion, versionIdentity } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { type Instruction, instructionLine, SPLITS, type Split } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import type { LabelWeights } from '../core/recipe.js';
import { exists, readJson, sha256, sha256File, sha256Pieces, writeSealedFolder } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';

export interface SealOptions {
  readonly studio: string; // folder of the store; the version is sealed in versions/<hash>/ below it
  readonly now: () => Date;
  readonly program: string; // version of Rectune, for the manifest
  readonly onProgress?: (message: string) => void; // for people
}

/** What is known of a version before its rows are counted and hashed. */
export type UnsealedVersion = Omit<DatasetVersion, 'hash' | 'counts' | 'files' | 'program'>;

/** A version, and whether it was sealed before with the same bytes. */
export type SealedVersion = DatasetVersion & { readonly unchanged: boolean };

export interface VersionRows {
  /** Rows of a split in order. Asked for up to three times, so that rows need not stand in memory: each time the same ones. */
  rows(split: Split): Iterable<Instruction>;
  /** Of rows of train, by label. */
  readonly weights: LabelWeights | undefined;
}

/**
 * Seals a version: counts and hashes its rows, writes versions/<hash>/, keeps it in the store. One that is sealed already is checked
 * and used again.
 *
 * throws  RectuneError 'data' when a file of the sealed version was changed or removed
 */
export async function sealVersion(
  store: Store,
  facts: UnsealedVersion,
  content: VersionRows,
  { studio, now, program, onProgress = () => {} }: SealOptions,
): Promise<SealedVersion> {
  const { counts, files } = measured(facts, content);
  const { name, recipe, recipeHash, sourceId, sourceHash, labels, split, templates, ...rest } = facts;
  const hash = sha256(versionIdentity({ ...facts, files }));
  const known = { hash, name, recipe, recipeHash, sourceId, sourceHash, labels, split, templates };
  const complete = { ...known, counts, ...rest, files, program };
  const folder = studioLayout.version(studio, hash);
  const { unchanged, ...version } = await writeFolder(folder, complete, content, onProgress);
  store.versions.save(version, allRows(content), now());
  return { ...version, unchanged };
}

/** Writes versions/<hash>/, or makes sure that the folder which stands there is whole. */
async function writeFolder(
  folder: string,
  version: DatasetVersion,
  content: VersionRows,
  progress: (message: string) => void,
): Promise<SealedVersion> {
  const named = `version ${version.name} ${version.hash.slice(0, 12)}`;
  const manifest = `${JSON.stringify(version, null, 2)}\n`;
  const lines = SPLITS.map((split) => [studioLayout.splitFile(split), linesOf(version, content, split)]);
  if (writeSealedFolder(folder, { [studioLayout.manifestFile]: manifest, ...Object.fromEntries(lines) })) {
    progress(`${named} sealed`);
    return { ...version, unchanged: false };
  }
  for (const split of SPLITS) {
    const path = join(folder, studioLayout.splitFile(split));
    if (exists(path) && (await sha256File(path)) === version.files[split]) continue;
    const fix = `remove the folder and build again`;
    throw new RectuneError('data', 'a sealed file was changed or removed', path, fix);
  }
  const path = join(folder, studioLayout.manifestFile);
  const sealed = parseAs(DatasetVersion, readJson(path), path, 'data');
  progress(`${named} is sealed already and used again`);
  return { ...sealed, unchanged: true };
}

/** Counts and hashes in one pass. */
function measured(facts: UnsealedVersion, content: VersionRows): Pick<DatasetVersion, 'counts' | 'files'> {
  const users = bySplit(() => new Set<string>());
  const rows = { train: 0, valid: 0, test: 0 };
  const liked = { train: 0, valid: 0, test: 0 };
  const files = bySplit((split) =>
    sha256Pieces(
      linesOf(facts, content, split, ({ userId, label }) => {
        rows[split] += 1;
        users[split].add(userId);
        if (label) liked[split] += 1;
      }),
    ),
  );
  return { counts: { ...rows, users: bySplit((split) => users[split].size), liked }, files };
}

/** What native/ reads of a split, line by line. */
function linesOf(
  { labels }: Pick<DatasetVersion, 'labels'>,
  { rows, weights }: VersionRows,
  split: Split,
  see: (row: Instruction) => void = () => {},
): Iterable<string> {
  const counted = split === 'train' ? weights : undefined; // valid and test are scored, not learned from
  function* lines() {
    for (const row of rows(split)) {
      see(row);
      yield instructionLine(row, { weights: counted, ownAnswers: labels === null });
    }
  }
  return toJsonLines(lines());
}

function* allRows({ rows }: VersionRows): Generator<Instruction, void> {
  for (const split of SPLITS) yield* rows(split);
}

export function bySplit<T>(value: (split: Split) => T): Record<Split, T> {
  return { train: value('train'), valid: value('valid'), test: value('test') };
}
