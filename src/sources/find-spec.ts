import { dirname, join, resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import { SourceSpec } from '../core/source-spec.js';
import { exists, isFolder, listFolder, packageRoot, readText } from '../platform/files.js';
import { yamlOfFile } from '../platform/yaml.js';
import { fileOrPacked } from './resolve-files.js';
import { tablesOf } from './tables-of.js';

const NAME = 'source.yaml';

/** A log's folder and how to read it. */
export interface FoundSpec {
  readonly folder: string;
  readonly spec: SourceSpec;
  readonly specPath: string;
}

/**
 * Finds out how a log is read: by the source.yaml that is named, else by the one in the log's folder, else by that of a log
 * this project knows (datasets/), recognised by its file names.
 *
 * path    the log's folder
 * throws  RectuneError 'data' without such a folder, 'usage' when no source.yaml fits or it has a mistake
 */
export function findSpec(path: string, named?: string): FoundSpec {
  const folder = resolve(path);
  if (!exists(folder)) {
    throw new RectuneError(
      'data',
      'there is no such folder',
      folder,
      'name the folder that holds the files of the log',
    );
  }
  if (!isFolder(folder)) {
    throw new RectuneError('usage', 'this is a file, not a folder', folder, `name its folder: ${dirname(folder)}`);
  }
  if (named !== undefined) return found(folder, resolve(named));
  if (exists(join(folder, NAME))) return found(folder, join(folder, NAME));
  const known = knownSpecs();
  const fitting = known.filter(({ spec }) => filesOf(spec).every((file) => fileOrPacked(folder, file) !== undefined));
  if (fitting.length > 1) {
    const what = `the files fit more than one known log: ${fitting.map(({ spec }) => spec.id).join(', ')}`;
    throw new RectuneError('usage', what, folder, 'choose one: --spec FILE');
  }
  const [match] = fitting;
  if (!match) throw unknownLog(folder, known);
  return { folder, ...match };
}

function filesOf(spec: SourceSpec): string[] {
  return tablesOf(spec).flatMap(([, { file }]) => file);
}

function found(folder: string, specPath: string): FoundSpec {
  return { folder, specPath, spec: readSpec(specPath) };
}

function readSpec(path: string): SourceSpec {
  const value = yamlOfFile(readText(path, 'usage'), 'the description of the log', path);
  return parseAs(SourceSpec, value, path);
}

function knownSpecs(): { spec: SourceSpec; specPath: string }[] {
  const folder = join(packageRoot(), 'datasets');
  return listFolder(folder)
    .map((name) => join(folder, name, NAME))
    .filter(exists)
    .map((specPath) => ({ specPath, spec: readSpec(specPath) }));
}

function unknownLog(folder: string, known: readonly { spec: SourceSpec }[]): RectuneError {
  const logs = known.map(({ spec }) => `${spec.id} (${filesOf(spec).join(', ')})`).join('; ');
  const inside = listFolder(folder).filter((name) => /\.(csv|tsv|dat|data|txt|json|jsonl|ndjson)(\.gz)?$/i.test(name));
  return new RectuneError(
    'usage',
    `cannot tell how to read this log: it has no ${NAME}, and not the files of a known log: ${logs}`,
    inside.length > 0 ? `${folder} (${inside.slice(0, 6).join(', ')})` : folder,
    `write ${join(folder, NAME)}, or name one with --spec FILE; docs/formats.md shows one, e.g. "id: my-log, title: My log, ` +
      `terms: mine, interactions: {file: ${inside[0] ?? 'log.csv'}, columns: {user: user_id, item: item_id}}"`,
  );
}
