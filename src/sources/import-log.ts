import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { Reject } from '../core/interaction.js';
import type { Source, SourceFile } from '../core/source.js';
import type { FileSpec, SourceSpec } from '../core/source-spec.js';
import { fileSize, keyedHash, sha256, sha256File } from '../platform/files.js';
import { sha256WithPrefix } from '../platform/grown-file.js';
import type { SourceWriter } from '../store/source-imports.js';
import type { Store } from '../store/store.js';
import { type FoundSpec, findSpec } from './find-spec.js';
import { growthOf, type HashedFile } from './growth.js';
import { changedWhileRead, nothingRead, refuseRejects, stopped, sum } from './import-errors.js';
import { inTurns } from './in-turns.js';
import type { FileTally } from './log-files.js';
import { isReadable } from './open-file.js';
import { ReadAll, readGrowth } from './read-growth.js';
import { type LogSummary, type Reading, readLog } from './read-log.js';
import { resolveFiles } from './resolve-files.js';
import { tablesOf } from './tables-of.js';

/** Raise it when the same file would give other rows than before, so that logs are read again. */
const READER = 1;

const FINGERPRINT = 'fingerprint of a key of pseudonyms'; // what a key is told by; no user has such an id
const EXPLAINED = 10_000; // rows that an error looks through

export interface ImportOptions {
  readonly path: string; // the log's folder, or its file of interactions
  readonly spec?: string | undefined; // source.yaml; without it the folder's own, or a known log's
  readonly found?: FoundSpec | undefined; // how to read it, where that is known already
  readonly maxRejects?: string | undefined; // rows that cannot be read, of each table: 100, 1% or all; without it all
  readonly pseudonymKey?: Uint8Array | undefined; // user ids become their HMAC-SHA256 under it; it is never kept
  readonly scratch?: string | undefined; // a folder for what does not stay in memory while it is read; the system's without it
  readonly now: () => Date;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined; // ends it soon after
}

/** How far an import is; told about once a megabyte. */
export interface ImportProgress {
  readonly stage: 'hashed' | 'read'; // files are hashed first: one that is there already is not read again
  readonly file: string; // that is hashed or read
  readonly bytes: number; // hashed or read of all files
  readonly size: number; // of all files, in bytes
  readonly rows: number; // interactions handed to the store
}

/** A source, and whether it was in the store already, unchanged; added: interactions that came to those that were there, which were not read again. */
export type ImportedSource = Source & { readonly unchanged: boolean; readonly added?: number };

/**
 * Reads a log into the store: interactions, items, users, and the rows that could not be read, with their line and reason.
 * The same files read in the same way are not read again (unchanged: true), and of a log that has only grown what came alone is read (growth.ts).
 * When it fails, the store is as it was.
 *
 * throws  RectuneError 'data' for a missing file or column and for a log without one readable row, 'usage' for a wrong source.yaml,
 *         'stopped' after its signal
 */
export async function importLog(store: Store, options: ImportOptions): Promise<ImportedSource> {
  const { folder, spec } = options.found ?? findSpec(options.path, options.spec);
  const known = store.sources.find(spec.id);
  const files: HashedFile[] = [];
  const goesOn = (): void => {
    if (options.signal?.aborted) throw stopped(options.path);
  };
  const named = tablesOf(spec).flatMap(([role, table]) =>
    resolveFiles(folder, table.file).map((name) => ({ role, name, bytes: fileSize(join(folder, name)) })),
  );
  const size = named.reduce((sum, { bytes }) => sum + bytes, 0);
  let hashed = 0;
  for (const { role, name } of named) {
    const file = await hashedFile(folder, role, name, known, (bytes) => {
      goesOn();
      hashed += bytes;
      options.onProgress?.({ stage: 'hashed', file: name, bytes: hashed, size, rows: 0 });
    });
    files.push(file);
  }
  const fingerprint = options.pseudonymKey && keyedHash(options.pseudonymKey, FINGERPRINT).slice(0, 16);
  const hash = sourceHash(spec, files, fingerprint);
  if (known && known.hash === hash && isDescribedAs(known, spec) && !store.sources.isLost(spec.id)) {
    refuseRejects(known.files, options.maxRejects, folder, store.sources.rejects(spec.id));
    return { ...known, unchanged: true };
  }
  const log: Log = { folder, spec, files, hash, fingerprint };
  const grown = known && (await grow(store, known, log, options, goesOn));
  if (grown) return { ...grown, unchanged: false, added: grown.counts.interactions - known.counts.interactions };
  const steps = store.sources.writing(spec.id, (writer) => readSource(log, writer, options));
  const source = await inTurns(steps, goesOn);
  return { ...source, unchanged: false };
}

/** A log that is to be imported. */
interface Log {
  readonly folder: string;
  readonly spec: SourceSpec;
  readonly files: readonly HashedFile[];
  readonly hash: string;
  readonly fingerprint: string | undefined; // of the key of pseudonyms
}

async function hashedFile(
  folder: string,
  role: SourceFile['role'],
  name: string,
  known: Source | undefined,
  onChunk: (bytes: number) => void,
): Promise<HashedFile> {
  const path = join(folder, name);
  const bytes = fileSize(path);
  const before = known?.files.find(
    (file) => file.role === 'interactions' && role === 'interactions' && file.name === name,
  );
  if (before === undefined || before.bytes === 0 || before.bytes >= bytes)
    return { role, name, sha256: await sha256File(path, onChunk), bytes };
  return { role, name, ...(await sha256WithPrefix(path, before.bytes, onChunk)), bytes };
}

/** Adds what came to a log; undefined where all of it must be read, or that may tell better what is wrong. */
async function grow(
  store: Store,
  source: Source,
  log: Log,
  options: ImportOptions,
  goesOn: () => void,
): Promise<Source | undefined> {
  const { folder, spec, files, fingerprint } = log;
  const { sources } = store;
  const imported = {
    source,
    lastLine: () => sources.lastLine(spec.id),
    rejectsBehind: (file: string, line: number) => sources.rejectsBehind(spec.id, file, line),
  };
  const others = unexpectedFiles(spec, source.files);
  const known = { ...source, warnings: source.warnings.filter((warning) => !others.includes(warning)) };
  try {
    const growth = growthOf(imported, (of) => sourceHash(spec, of, fingerprint), folder, spec, files);
    if (!growth) return undefined;
    const steps = sources.growing(spec.id, (writer, ids) =>
      readSource(log, writer, options, (rows, onBytes, how) =>
        readGrowth(folder, spec, growth, { source: known, ...ids }, rows, onBytes, how),
      ),
    );
    return await inTurns(steps, goesOn);
  } catch (error) {
    if (error instanceof ReadAll || (error instanceof RectuneError && error.kind === 'data')) return undefined;
    throw error;
  }
}

/** Reads a log, or what came to it. */
type Read = (
  writer: SourceWriter,
  onBytes: (file: string, bytes: number) => void,
  how: Reading,
) => Generator<void, LogSummary>;

function* readSource(
  { folder, spec, files, hash, fingerprint }: Log,
  writer: SourceWriter,
  { now, onProgress, maxRejects, pseudonymKey, scratch }: ImportOptions,
  readRows: Read = (rows, onBytes, how) => {
    const names = new Map(tablesOf(spec).map(([role]) => [role, namesOf(role, files)]));
    return readLog(folder, spec, names, rows, onBytes, how);
  },
): Generator<void, Source> {
  const size = files.reduce((total, file) => total + file.bytes, 0);
  let [read, handed] = [0, 0];
  const isLog = (name: string): boolean => files.some((file) => file.role === 'interactions' && file.name === name);
  const firstRejects: Reject[] = []; // to explain a log without a single row
  const unread: Reject[] = []; // to explain one with too many that cannot be read
  const keeping: SourceWriter = {
    columns: (batch) => {
      handed += batch.size;
      writer.columns(batch);
    },
    item: (row) => writer.item(row),
    user: (row) => writer.user(row),
    reject: (row) => {
      if (firstRejects.length === 0 && isLog(row.file)) firstRejects.push(row);
      if (unread.length < EXPLAINED && !isReadable(row.reason)) unread.push(row);
      writer.reject(row);
    },
  };
  const onBytes = (file: string, bytes: number): void => {
    read += bytes;
    onProgress?.({ stage: 'read', file, bytes: read, size, rows: handed });
  };
  const pseudonym = pseudonymKey && ((userId: string): string => keyedHash(pseudonymKey, userId));
  const summary = yield* readRows(keeping, onBytes, { pseudonym, scratch });
  const described = files.map(({ prefix: _, ...file }): SourceFile => {
    const tally = summary.tallies.get(file.role)?.find(({ name }) => name === file.name) as FileTally;
    const { rows, rejects, unreadable, merged, emptyLines, bytes, before } = tally;
    if (bytes !== file.bytes) throw changedWhileRead(join(folder, file.name));
    return { ...file, rows, rejects, unreadable, merged, emptyLines, before };
  });
  const log = described.filter(({ role }) => role === 'interactions');
  const interactions = sum(log, 'rows');
  if (interactions === 0) {
    throw nothingRead(join(folder, log[0]?.name ?? ''), sum(log, 'rejects'), folder, firstRejects[0]);
  }
  refuseRejects(described, maxRejects, folder, unread);
  return {
    id: spec.id,
    title: spec.title,
    terms: spec.terms,
    homepage: spec.homepage ?? null,
    ...(summary.checks && { checks: summary.checks }),
    personal: [...summary.personal],
    ...(fingerprint !== undefined && { pseudonyms: { algorithm: 'HMAC-SHA256', keyFingerprint: fingerprint } }),
    ...(maxRejects !== undefined && { maxRejects }),
    ...(spec.label && { label: spec.label }),
    hash,
    importedAt: now().toISOString(),
    path: folder,
    files: described,
    counts: {
      interactions,
      items: summary.items,
      users: summary.users,
      rejects: sum(described, 'rejects'),
    },
    warnings: [...unexpectedFiles(spec, files), ...summary.warnings],
  };
}

function namesOf(role: SourceFile['role'], files: readonly HashedFile[]): string[] {
  return files.filter((file) => file.role === role).map(({ name }) => name);
}

/** Over what decides the rows: the files, and how source.yaml reads them. Not over title and terms, nor the expected hashes. */
function sourceHash(
  spec: SourceSpec,
  files: readonly Pick<SourceFile, 'sha256'>[],
  fingerprint: string | undefined,
): string {
  const tables = tablesOf(spec).map(([role, table]) => ({ role, ...reading(role, table) }));
  return sha256(JSON.stringify({ reader: READER, tables, files: files.map((file) => file.sha256), fingerprint }));
}

/**
 * How source.yaml reads a table. What a source.yaml of before could not say is left out where it is not said, so that the
 * hash of a log that is read as ever stays, and with it the hashes of the dataset versions made from it.
 */
function reading(role: SourceFile['role'], { sha256: _expected, format, ...table }: FileSpec): object {
  const said = Object.entries(table).filter(([key, value]) => {
    if (role === 'tags' && key === 'names') return false; // a table of its own
    const isNew = role === 'interactions' && (key === 'attributes' || key === 'missing');
    return !isNew || Object.keys(value as object).length > 0;
  });
  return { ...Object.fromEntries(said), ...(format === 'delimited' ? {} : { format }) };
}

function isDescribedAs(source: Source, spec: SourceSpec): boolean {
  const isLabelled = JSON.stringify(source.label) === JSON.stringify(spec.label);
  const isTitled = source.title === spec.title && source.homepage === (spec.homepage ?? null);
  return isLabelled && isTitled && source.terms === spec.terms;
}

function unexpectedFiles(spec: SourceSpec, files: readonly Pick<SourceFile, 'role' | 'name' | 'sha256'>[]): string[] {
  const expected = new Map(tablesOf(spec).map(([role, table]) => [role, table.sha256]));
  return files.flatMap((file) => {
    const hash = expected.get(file.role);
    if (hash === undefined || hash === file.sha256) return [];
    return `${file.name} is not the file that source.yaml expects: its sha256 is ${file.sha256}, not ${hash}`;
  });
}
