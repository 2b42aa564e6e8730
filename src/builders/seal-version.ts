import { join } from 'node:path';
import { DatasetVersion, versionIdentity } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { SPLITS, type Split } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import { parseAs } from '../core/parse.js';
import type { LabelWeights } from '../core/recipe.js';
import { exists, readChunks, readJson, sha256, sha256Pieces, temporaryName } from '../platform/files.js';
import { type BytePlace, StagedFolder } from '../platform/staged-folder.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { writeLine } from './sealed-line.js';

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

export interface VersionContent {
  /** Those of a split in order; splits may take turns. Asked for once; each need hold only until the next one is asked for. */
  readonly rows: Iterable<MadeRow>;
  readonly labels: DatasetVersion['labels'];
  /** Of rows of train, by label. */
  readonly weights: LabelWeights | undefined;
  /** Asked for when all rows were made. */
  facts(): Omit<UnsealedVersion, 'labels'>;
}

const SAID_EVERY = 50_000; // rows

/**
 * Seals a version: counts and hashes its rows while they are made, writes versions/<hash>/, keeps it in the store. One that is sealed
 * already is checked and used again. Either all of it is there afterwards or nothing.
 *
 * throws  RectuneError 'data' when a file of the sealed version was changed or removed, and what making the rows throws
 */
export function sealVersion(store: Store, content: VersionContent, options: SealOptions): SealedVersion {
  const { studio, now, program, onProgress = () => {} } = options;
  const folder = new StagedFolder(studioLayout.versions(studio));
  try {
    let sealed: SealedVersion | undefined;
    store.versions.write(temporaryName(join(studioLayout.versions(studio), 'rows')), now(), (add) => {
      const counts = fill(folder, add, content, onProgress);
      const facts: UnsealedVersion = { ...content.facts(), labels: content.labels };
      const files = bySplit((split) => folder.close(studioLayout.splitFile(split)));
      const hash = sha256(versionIdentity({ ...facts, files }));
      const { name, recipe, recipeHash, sourceId, sourceHash, labels, split, templates, ...rest } = facts;
      const known = { hash, name, recipe, recipeHash, sourceId, sourceHash, labels, split, templates };
      const { unchanged, ...version } = place(
        folder,
        studio,
        { ...known, counts, ...rest, files, program },
        onProgress,
      );
      sealed = { ...version, unchanged };
      return version;
    });
    return sealed as unknown as SealedVersion;
  } finally {
    folder.discard();
  }
}

/** Writes the rows to the files and to the store, and counts them. */
function fill(
  folder: StagedFolder,
  add: (row: MadeRow, place: BytePlace) => void,
  { rows, labels, weights }: VersionContent,
  progress: (message: string) => void,
): DatasetVersion['counts'] {
  const users = bySplit(() => new Set<string>());
  const lastUser: Partial<Record<Split, string>> = {};
  const count = { train: 0, valid: 0, test: 0 };
  const liked = { train: 0, valid: 0, test: 0 };
  const files = bySplit((split) => studioLayout.splitFile(split));
  const learned = { weights, ownAnswers: labels === null };
  const scored = { weights: undefined, ownAnswers: labels === null };
  let made = 0;
  for (const row of rows) {
    const { split } = row;
    count[split] += 1;
    if (row.userId !== lastUser[split]) users[split].add(row.userId);
    lastUser[split] = row.userId;
    if (row.label) liked[split] += 1;
    const options = split === 'train' ? learned : scored;
    add(
      row,
      folder.append(files[split], (to) => writeLine(to, row, options)),
    );
    made += 1;
    if (made % SAID_EVERY === 0) progress(`${made} rows`);
  }
  return { ...count, users: bySplit((split) => users[split].size), liked };
}

/** Gives the folder its name, or makes sure that the one which stands there is whole. */
function place(
  folder: StagedFolder,
  studio: string,
  version: DatasetVersion,
  progress: (message: string) => void,
): SealedVersion {
  const named = `version ${version.name} ${version.hash.slice(0, 12)}`;
  const path = studioLayout.version(studio, version.hash);
  folder.write(studioLayout.manifestFile, `${JSON.stringify(version, null, 2)}\n`);
  folder.close(studioLayout.manifestFile);
  if (folder.seal(path)) {
    progress(`${named} sealed`);
    return { ...version, unchanged: false };
  }
  for (const split of SPLITS) {
    const file = join(path, studioLayout.splitFile(split));
    if (exists(file) && sha256Pieces(readChunks(file)) === version.files[split]) continue;
    const fix = `remove the folder and build again`;
    throw new RectuneError('data', 'a sealed file was changed or removed', file, fix);
  }
  const manifest = join(path, studioLayout.manifestFile);
  const sealed = parseAs(DatasetVersion, readJson(manifest), manifest, 'data');
  progress(`${named} is sealed already and used again`);
  return { ...sealed, unchanged: true };
}

export function bySplit<T>(value: (split: Split) => T): Record<Split, T> {
  return { train: value('train'), valid: value('valid'), test: value('test') };
}
