import { join } from 'node:path';
import type { Reject } from '../core/interaction.js';
import type { Source, SourceFile } from '../core/source.js';
import type { Encoding, SourceSpec } from '../core/source-spec.js';
import { readChunks } from '../platform/files.js';
import type { Prefix } from '../platform/grown-file.js';
import { LOOKED_AT } from './delimited-table.js';
import { layoutOf } from './lines.js';
import type { LogPlace } from './log-files.js';
import { MOST_LINES, UNCLOSED } from './rows.js';

/** A file of a log, as it is now. */
export interface HashedFile extends Pick<SourceFile, 'role' | 'name' | 'sha256' | 'bytes'> {
  readonly prefix?: Prefix | undefined; // of interactions that were shorter at the last import: as much as there was
}

/** What is there of a source already. */
export interface Imported {
  readonly source: Source;
  /** logIndex of the last interaction; 0 without one. */
  lastLine(): number;
  /** Rejects of a file behind a line. */
  rejectsBehind(file: string, line: number): Reject[];
}

/** What came to a log since it was imported. */
export interface Growth {
  readonly last: SourceFile; // the last file of interactions at that import
  readonly place: LogPlace; // where that import ended in it
  readonly names: readonly string[]; // of that file and those that came behind it
}

/** Formats whose logIndex counts rows and not lines. */
const COUNTS_ROWS: readonly string[] = ['json', 'sequences', 'impressions'];

/**
 * What is new in a log, where reading that alone surely gives what reading all would give: every other table is as it was, and so are the files of
 * interactions but the last, which may be a plain delimited file that begins with all the bytes that it had, the last of them the end of a line within
 * no open quote. Behind it further files may have come. Not where repeats are merged: a new row may take the place of one that is there.
 *
 * reads    the hash of a source of these files, read as source.yaml says now
 * returns  undefined where all must be read
 */
export function growthOf(
  { source, lastLine, rejectsBehind }: Imported,
  reads: (files: readonly SourceFile[]) => string,
  folder: string,
  { interactions: spec }: SourceSpec,
  files: readonly HashedFile[],
): Growth | undefined {
  if (
    (spec.repeats ?? 'all') !== 'all' ||
    spec.each !== undefined ||
    spec.history !== undefined ||
    source.personal === undefined
  )
    return undefined;
  if (reads(source.files) !== source.hash) return undefined;
  const [old, now] = [logOf(source.files), logOf(files)];
  if (sideTables(source.files) !== sideTables(files)) return undefined;
  const [last, grown] = [old.at(-1), now[old.length - 1]];
  if (last === undefined || grown === undefined || old.some(({ name }, i) => now[i]?.name !== name)) return undefined;
  if (old.slice(0, -1).some(({ sha256 }, i) => now[i]?.sha256 !== sha256)) return undefined;

  const added = now.slice(old.length).map(({ name }) => name);
  const lastRow = Math.max(0, lastLine() - last.before);
  if (added.length > 0) {
    // The next file counts on from the last row, kept or not; it is known where it was kept.
    const isSure = COUNTS_ROWS.includes(spec.format)
      ? last.rejects === 0
      : rejectsBehind(last.name, lastRow).length === 0;
    if (lastRow === 0 || !isSure) return undefined;
  }
  const names = [last.name, ...added];
  if (grown.sha256 === last.sha256) return { last, place: { before: last.before, lastRow, from: undefined }, names };

  if (spec.format !== 'delimited' || grown.prefix?.sha256 !== last.sha256 || /\.(gz|zst)$/i.test(last.name))
    return undefined;
  if (spec.header !== true && last.rows < LOOKED_AT) return undefined; // the first rows decide how many fields a row has
  const lines = wholeLines(join(folder, last.name), spec.encoding, last.bytes, grown.prefix);
  if (lines === undefined) return undefined;
  // A quote that was not closed may be closed by what came.
  const lately = spec.quote === 'none' ? [] : rejectsBehind(last.name, lines - MOST_LINES - 1);
  if (lately.some(({ reason }) => reason === UNCLOSED)) return undefined;
  return { last, place: { before: last.before, lastRow, from: { bytes: last.bytes, lines } }, names };
}

/** How many lines the begin of a file has; undefined where it does not end with one, or what came behind it changes how its bytes are read. */
function wholeLines(path: string, said: Encoding, bytes: number, prefix: Prefix): number | undefined {
  for (const first of readChunks(path)) {
    const [before, now] = [layoutOf(first.subarray(0, Math.min(first.length, bytes)), said), layoutOf(first, said)];
    if (JSON.stringify(before) !== JSON.stringify(now) || now.decoding.startsWith('utf-16')) return undefined;
    if (prefix.last !== now.newline) return undefined;
    return now.newline === 0x0a ? prefix.lineFeeds : prefix.returns;
  }
  return undefined;
}

function logOf<File extends Pick<SourceFile, 'role'>>(files: readonly File[]): File[] {
  return files.filter(({ role }) => role === 'interactions');
}

function sideTables(files: readonly Pick<SourceFile, 'role' | 'name' | 'sha256'>[]): string {
  const all = files.filter(({ role }) => role !== 'interactions');
  return JSON.stringify(all.map(({ role, name, sha256 }) => [role, name, sha256]));
}
