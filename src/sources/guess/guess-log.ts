import { dirname, join } from 'node:path';
import { RectuneError } from '../../core/errors.js';
import { fileSize, isFolder, isReadOnly, listFolder, makeFolder, writeSealed } from '../../platform/files.js';
import { see } from './columns.js';
import { type Guess, guessedSpec } from './guessed-spec.js';
import { type LogRoles, type Looked, logRoles, nameOf } from './log-roles.js';
import { sideTable } from './side-table.js';
import { type Sniffed, sniff } from './sniff.js';

const NO_LOG =
  /^(source\.md|readme.*|licen[cs]e.*|copying.*|.*\.(md|ya?ml|pdf|zip|png|jpe?g|html?|py|ipynb|r|sh|db|gguf))$/i;

const DEEPEST = 3; // folders below the log's
const MOST_FILES = 500; // of folders below, that are looked at

/**
 * Guesses how a folder, or one file of it, is read: which file holds events, which items and users, and what their columns mean, by names and
 * contents. Where no file of the folder itself holds events, those of the folders in it are looked at as well. Always the same for the same files.
 *
 * beside  with a file: other files that may hold its items and users
 * throws  RectuneError 'usage' when there is no file with users and items
 */
export function guessLog(folder: string, file?: string, beside: readonly string[] = []): Guess {
  if (file !== undefined) return guessed(folder, file, look(folder, [file, ...beside]), []);
  const own = look(
    folder,
    listFolder(folder).filter((name) => isCandidate(folder, name)),
  );
  const below = foldersBelow(folder);
  if (own.logs.length > 0) {
    const why = 'the log stands above it, so that it was not looked into';
    return guessed(
      folder,
      undefined,
      own,
      below.filter((name) => !name.includes('/')).map((name) => ({ file: `${name}/`, why })),
    );
  }
  const inside = below.flatMap((name) =>
    listFolder(join(folder, name))
      .filter((one) => isCandidate(join(folder, name), one))
      .map((one) => `${name}/${one}`),
  );
  const all = look(folder, [...own.names, ...inside.slice(0, MOST_FILES)]);
  const why = `only the first ${MOST_FILES} files of folders are looked at`;
  return guessed(
    folder,
    undefined,
    all,
    inside
      .slice(MOST_FILES, MOST_FILES + 1)
      .map((name) => ({ file: `${name} and ${inside.length - MOST_FILES - 1} more`, why })),
  );
}

interface Left {
  readonly file: string;
  readonly why: string;
}

interface LookedAt {
  readonly names: readonly string[];
  readonly looked: readonly Looked[];
  readonly left: readonly Left[];
  readonly logs: readonly { readonly one: Looked; readonly roles: LogRoles }[]; // that may be the log
}

function look(folder: string, names: readonly string[]): LookedAt {
  const left: Left[] = [];
  const looked = names.flatMap((name): Looked[] => {
    let sniffed: Sniffed | undefined;
    try {
      sniffed = sniff(join(folder, name));
      if (sniffed === undefined) left.push({ file: name, why: 'it is no table of rows that are alike' });
    } catch (error) {
      if (!(error instanceof RectuneError) || names.length === 1) throw error;
      left.push({ file: name, why: error.message });
    }
    return sniffed
      ? [{ ...sniffed, file: name, seen: see(sniffed.names, sniffed.rows), bytes: fileSize(join(folder, name)) }]
      : [];
  });
  const logs = looked.flatMap((one) => {
    const roles = logRoles(one);
    return roles ? [{ one, roles }] : [];
  });
  return { names, looked, left, logs };
}

/** passed  what else is not read */
function guessed(
  folder: string,
  file: string | undefined,
  { names, looked, left, logs }: LookedAt,
  passed: readonly Left[],
): Guess {
  // Names that say "user" and "item" come before columns that only look like ids; then an event has a time or a rating; then the larger file.
  const sure = ({ roles }: (typeof logs)[number]): number =>
    (roles.isNamed ? 4 : 0) + (roles.timestamp ? 1 : 0) + (roles.rating ? 1 : 0);
  const [best] = logs.toSorted(
    (a, b) => sure(b) - sure(a) || b.one.bytes - a.one.bytes || (a.one.file < b.one.file ? -1 : 1),
  );
  if (!best) throw noLog(folder, names, looked);
  const log = best.one;
  const parts = looked.filter((one) => one === log || isPartOf(log, one));
  const others = looked.filter((one) => !parts.includes(one));
  const items = sideTable(best.roles.item, others, 'item');
  const users = sideTable(
    best.roles.user,
    others.filter((one) => one !== items?.one),
    'user',
  );
  const unread = others
    .filter((one) => one !== items?.one && one !== users?.one)
    .map((one) => ({ file: one.file, why: 'it is neither the log nor a table of its items or users' }));
  const told =
    parts.length === 1
      ? log
      : { ...log, why: [...log.why, `${parts.length} files have the same columns, and are read one after the other`] };
  return guessedSpec(
    folder,
    file,
    told,
    parts.map((one) => one.file),
    best.roles,
    items,
    users,
    [...left, ...unread, ...passed],
  );
}

/** Whether a file is another part of the same table: cut alike, with the same columns. */
function isPartOf(log: Looked, one: Looked): boolean {
  const isCutAlike = one.format === log.format && one.delimiter === log.delimiter && one.header === log.header;
  if (!isCutAlike || one.encoding !== log.encoding || one.each !== log.each || one.format === 'sequences') return false;
  if (log.names === undefined || one.names === undefined) return false; // numbers side by side say too little
  return [...log.names].sort().join('\0') === [...one.names].sort().join('\0');
}

/**
 * Writes a guessed source.yaml to the first of these places that can be written to.
 *
 * throws  RectuneError when none can
 */
export function writeGuess({ yaml }: Guess, places: readonly string[]): string {
  for (const [i, place] of places.entries()) {
    try {
      if (i < places.length - 1 && isReadOnly(dirname(place))) continue;
      makeFolder(dirname(place));
      writeSealed(place, yaml);
      return place;
    } catch (error) {
      if (i === places.length - 1) throw error;
    }
  }
  throw new Error('there is no place to write to');
}

function isCandidate(folder: string, name: string): boolean {
  return !/^[._]/.test(name) && !NO_LOG.test(name) && !isFolder(join(folder, name));
}

/** Folders inside, each before those in it, relative and with "/". */
function foldersBelow(folder: string, deepest = DEEPEST): string[] {
  if (deepest === 0) return [];
  return listFolder(folder)
    .filter((name) => !/^[._]/.test(name) && name !== 'node_modules' && isFolder(join(folder, name)))
    .flatMap((name) => [name, ...foldersBelow(join(folder, name), deepest - 1).map((below) => `${name}/${below}`)]);
}

function noLog(folder: string, names: readonly string[], looked: readonly Looked[]): RectuneError {
  const [first] = looked;
  const columns = first?.seen.map((column) => JSON.stringify(nameOf(column))).join(', ');
  const folders = [...new Set(names.filter((name) => name.includes('/')).map((name) => `${dirname(name)}/`))];
  const also = folders.length === 0 ? '' : ` (looked into ${folders.join(', ')}, too)`;
  const what = first
    ? `no file has a column of users beside one of items; ${first.file} has ${columns}`
    : names.length === 0
      ? 'there is no file here that could be a log'
      : 'no file is a table of rows that are alike';
  const fix =
    names.length === 0
      ? 'name the folder that holds the files of the log, or its file of interactions'
      : `write ${join(folder, 'source.yaml')} with the columns that are users and items (docs/formats.md), or name another file`;
  return new RectuneError('usage', what + also, names.length === 1 ? join(folder, names[0] as string) : folder, fix);
}
