import { basename, dirname, join, resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import { SourceSpec } from '../core/source-spec.js';
import { exists, isFolder, listFolder, readText, sha256 } from '../platform/files.js';
import { yamlOfFile } from '../platform/yaml.js';
import { type KnownTextsFile, knownLogs, knownNames, knownTexts } from './known-formats.js';
import { resolveFiles } from './resolve-files.js';
import { tablesOf } from './tables-of.js';

const NAME = 'source.yaml';

/** A log's folder and how to read it. */
export interface FoundSpec {
  readonly folder: string;
  readonly spec: SourceSpec;
  readonly specPath: string;
}

/** What a path is: a log that can be read, texts beside another log, or something that nobody has described. */
export type Found =
  | ({ readonly kind: 'log' } & FoundSpec)
  | { readonly kind: 'texts'; readonly files: readonly KnownTextsFile[] }
  | { readonly kind: 'unknown'; readonly folder: string; readonly file: string | undefined };

/**
 * Finds out how a log is read: by the source.yaml that is named, else by the one in the log's folder (of a file FILE: FILE.source.yaml, or
 * that of its folder when it names the file), else by what this project knows (known-formats.ts).
 *
 * path     the log's folder, or its file of interactions
 * written  where a guessed source.yaml is kept that could not be written beside the log
 * throws   RectuneError 'data' when there is nothing, 'usage' when a source.yaml has a mistake or several known logs fit
 */
export function findLog(path: string, named?: string, written?: string): Found {
  const place = resolve(path);
  if (!exists(place)) {
    const fix = 'name the folder that holds the files of the log, or its file of interactions';
    throw new RectuneError('data', 'there is no such folder', place, fix);
  }
  const file = isFolder(place) ? undefined : basename(place);
  const folder = file === undefined ? place : dirname(place);
  if (named !== undefined) return found(folder, resolve(named));
  const beside = file === undefined ? join(folder, NAME) : `${place}.${NAME}`;
  for (const spec of [beside, ...(written === undefined ? [] : [written])])
    if (exists(spec)) return found(folder, spec);
  if (file !== undefined && exists(join(folder, NAME))) {
    const own = found(folder, join(folder, NAME));
    if (resolveFiles(folder, own.spec.interactions.file).includes(file)) return own;
  }
  const known = knownLogs(folder, file);
  if (known.length > 1) {
    const ids = known.map(({ spec }) => `${spec.id} (${[spec.interactions.file].flat().join(', ')})`);
    const what = `the files fit more than one known log: ${ids.join('; ')}`;
    throw new RectuneError('usage', what, folder, 'name the file of interactions, or --spec FILE');
  }
  const [match] = known;
  if (match) return { kind: 'log', folder, ...match };
  const texts = knownTexts(folder).filter(({ path: textsPath }) => file === undefined || textsPath === place);
  if (texts.length > 0) return { kind: 'texts', files: texts };
  return (file === undefined ? knownInside(folder) : undefined) ?? { kind: 'unknown', folder, file };
}

/** A folder without tables of its own in which one known log lies, as archives are unpacked. */
function knownInside(folder: string): (Found & { kind: 'log' }) | undefined {
  if (tablesIn(folder).length > 0) return undefined;
  const inside = listFolder(folder).filter((name) => !/^[._]/.test(name) && isFolder(join(folder, name)));
  const known = inside.flatMap((name) => knownLogs(join(folder, name)).map((log) => ({ name, log })));
  const [only] = known;
  return only && known.length === 1 ? { kind: 'log', folder: join(folder, only.name), ...only.log } : undefined;
}

function tablesIn(folder: string): string[] {
  return listFolder(folder).filter((name) =>
    /\.(csv|tsv|dat|data|txt|json|jsonl|ndjson|parquet|inter)(\.(gz|zst))?$/i.test(name),
  );
}

/** As findLog, for who needs a log that can be read: throws RectuneError 'usage' for any other. */
export function findSpec(path: string, named?: string, written?: string): FoundSpec {
  const one = findLog(path, named, written);
  if (one.kind === 'log') return one;
  if (one.kind === 'unknown') throw unknownLog(one.folder);
  const [first] = one.files;
  const what = `these are texts beside the log "${first?.texts.source}", and no log`;
  throw new RectuneError('usage', what, first?.path ?? path, `rectune import ${path} keeps them beside it`);
}

/** Where a guessed source.yaml of a log is kept when it cannot be written beside the log. */
export function guessedSpecPath(studio: string, path: string): string {
  const place = resolve(path);
  return join(studio, 'sources', `${basename(place)}-${sha256(place).slice(0, 8)}.${NAME}`);
}

/** Names of the files that a source.yaml reads, as it says them. */
export function filesOf(spec: SourceSpec): string[] {
  return tablesOf(spec).flatMap(([, { file }]) => file);
}

function found(folder: string, specPath: string): Found & { kind: 'log' } {
  const value = yamlOfFile(readText(specPath, 'usage'), 'the description of the log', specPath);
  return { kind: 'log', folder, specPath, spec: parseAs(SourceSpec, value, specPath) };
}

function unknownLog(folder: string): RectuneError {
  const inside = tablesIn(folder);
  return new RectuneError(
    'usage',
    `cannot tell how to read this log: it has no ${NAME}, and not the files of a known log: ${knownNames().join(', ')}`,
    inside.length > 0 ? `${folder} (${inside.slice(0, 6).join(', ')})` : folder,
    `rectune import ${folder} guesses its columns; or write ${join(folder, NAME)}, or name one with --spec FILE; docs/formats.md shows one, e.g. "id: ` +
      `my-log, title: My log, terms: mine, interactions: {file: ${inside[0] ?? 'log.csv'}, columns: {user: user_id, item: item_id}}"`,
  );
}
