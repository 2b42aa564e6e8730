import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { writing } from './file-errors.js';
import { listFolder, makeFolder, remove } from './files.js';
import { processLives } from './process.js';

const NAME = /^rectune-scratch-(\d+)-/;

/** A folder for files on their way. It is gone when it is closed or the process ends, or, of a process that was killed, when the next one is made. */
export interface Scratch {
  readonly path: string;
  close(): void;
}

/**
 * Makes a scratch folder inside another one, and sweeps those of processes that are gone.
 *
 * throws  RectuneError (file-errors.ts)
 */
export function makeScratch(inside: string): Scratch {
  makeFolder(inside);
  for (const name of listFolder(inside)) {
    const owner = NAME.exec(name)?.[1];
    if (owner !== undefined && !processLives(Number(owner))) remove(join(inside, name));
  }
  const path = writing(inside, () => mkdtempSync(join(inside, `rectune-scratch-${process.pid}-`)));
  if (open.size === 0) process.once('exit', removeOpen);
  open.add(path);
  return {
    path,
    close: () => {
      remove(path);
      open.delete(path);
      if (open.size === 0) process.removeListener('exit', removeOpen);
    },
  };
}

const open = new Set<string>();

function removeOpen(): void {
  for (const path of open) remove(path);
}
