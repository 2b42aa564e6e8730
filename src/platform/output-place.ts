import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { cannotWrite } from './file-errors.js';
import { exists, isFolder, temporaryName } from './files.js';

/**
 * Makes sure, before long work begins, that files can be written: asks the disk by making a folder and removing it again.
 * Nothing is left behind, and no folder is made that the work would make.
 *
 * paths   files, there already or not; their folders need not be there
 * throws  RectuneError 'usage' for a folder where a file is to be, or a file where a folder is to be; 'data' when the disk refuses
 */
export function checkOutputFiles(paths: readonly string[]): void {
  for (const path of paths) {
    if (isFolder(path)) throw new RectuneError('usage', 'this is a folder, not a file', path, 'name a file');
  }
  for (const folder of new Set(paths.map((path) => dirname(resolve(path))))) checkFolder(folder);
}

function checkFolder(folder: string): void {
  let standing = folder;
  while (!exists(standing) && dirname(standing) !== standing) standing = dirname(standing);
  if (!isFolder(standing)) {
    const fix = 'name another place, or move the file away';
    throw new RectuneError('usage', 'this is a file, not a folder', standing, fix);
  }
  const probe = temporaryName(join(standing, 'probe'));
  try {
    mkdirSync(probe);
  } catch (error) {
    throw cannotWrite(folder, error);
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
