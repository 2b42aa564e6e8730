import { accessSync, constants, statfsSync } from 'node:fs';
import { isFolder } from './files.js';

/** Bytes that a program may still write on the disk of a folder. */
export function freeRoom(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** The folder in which SQLite lays files of its own (sqlite.org/tempfiles.html), where it has one. */
export function sqliteTemporaryFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const places = [environment.SQLITE_TMPDIR, environment.TMPDIR, '/var/tmp', '/usr/tmp', '/tmp', '.'];
  return places.find((place) => place !== undefined && place !== '' && isFolder(place) && mayWrite(place));
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
