import { join } from 'node:path';
import { nearestWord, RectuneError } from '../core/errors.js';
import { exists, isFolder, listFolder } from '../platform/files.js';

const PACKED = ['.gz', '.zst'];

/**
 * The files of a table, relative to the log's folder, in the order in which they are read: as said, and those of a folder or a
 * pattern by code unit. A "*" stands for any characters but "/", a "?" for one. Files whose names begin with "." or "_" are
 * left out. Where a named file is not there but is packed (or the other way round), that one is taken.
 *
 * throws  RectuneError 'data' when nothing is there
 */
export function resolveFiles(folder: string, said: string | readonly string[]): string[] {
  const names = (typeof said === 'string' ? [said] : said).flatMap((one) => resolveOne(folder, one));
  return [...new Set(names)];
}

function resolveOne(folder: string, said: string): string[] {
  const name = said.replace(/^\.\//, '').replace(/\/+$/, '');
  if (isFolder(join(folder, name))) return filled(listed(folder, name), folder, said);
  const there = fileOrPacked(folder, name);
  if (there !== undefined) return [there];
  if (/[*?]/.test(name)) {
    return filled(matchingFiles(folder, name), folder, said);
  }
  const known = listFolder(folder);
  const near = nearestWord(name, known);
  const fix = near === undefined ? 'check the path' : `did you mean ${near}?`;
  throw new RectuneError('data', 'there is no such file', join(folder, said), fix);
}

/** The name under which a file is there: its own, or that of its packed or unpacked form. */
export function fileOrPacked(folder: string, name: string): string | undefined {
  const bare = PACKED.reduce((text, ending) => (text.endsWith(ending) ? text.slice(0, -ending.length) : text), name);
  return [name, bare, ...PACKED.map((ending) => bare + ending)].find((one) => {
    return exists(join(folder, one)) && !isFolder(join(folder, one));
  });
}

/** The files of a pattern, by code unit. */
export function matchingFiles(folder: string, said: string): string[] {
  const steps = said.split('/');
  const file = steps.pop() as string;
  let places = [''];
  for (const step of steps) {
    const pattern = patternOf(step);
    places = places.flatMap((place) =>
      visible(join(folder, place))
        .filter((name) => pattern.test(name) && isFolder(join(folder, place, name)))
        .map((name) => `${place}${name}/`),
    );
  }
  const pattern = patternOf(file);
  return places.flatMap((place) =>
    visible(join(folder, place))
      .filter((name) => pattern.test(name) && !isFolder(join(folder, place, name)))
      .map((name) => place + name),
  );
}

function listed(folder: string, name: string): string[] {
  return visible(join(folder, name))
    .filter((one) => !isFolder(join(folder, name, one)))
    .map((one) => (name === '' || name === '.' ? one : `${name}/${one}`));
}

function visible(folder: string): string[] {
  return listFolder(folder).filter((name) => !/^[._]/.test(name));
}

function filled(names: string[], folder: string, said: string): string[] {
  if (names.length > 0) return names;
  throw new RectuneError(
    'data',
    'no file is there',
    join(folder, said),
    'correct the folder or the pattern in source.yaml',
  );
}

function patternOf(text: string): RegExp {
  const escaped = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${escaped}$`);
}
