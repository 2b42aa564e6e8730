import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StagedFolder } from '../../src/platform/staged-folder.js';
import { temporaryFolder } from '../store/fixtures.js';

it('is not there before it is sealed, and then holds every file whole with its hash', () => {
  const parent = temporaryFolder();
  const path = join(parent, 'abc');
  const folder = new StagedFolder(parent);
  const texts = { a: '', b: '' };
  for (let i = 0; i < 30_000; i++) {
    const name = i % 2 === 0 ? 'a' : 'b';
    texts[name] += `line ${i} \u00e9\n`;
    folder.write(name, `line ${i} \u00e9\n`);
  }
  const hashes = { a: folder.close('a'), b: folder.close('b'), c: folder.close('c') };
  expect(existsSync(path)).toBe(false);
  expect(folder.seal(path)).toBe(true);
  folder.discard();
  for (const name of ['a', 'b'] as const) {
    expect(readFileSync(join(path, name), 'utf8')).toBe(texts[name]);
    expect(hashes[name]).toBe(createHash('sha256').update(texts[name]).digest('hex'));
  }
  expect(readFileSync(join(path, 'c'), 'utf8')).toBe(''); // closed without a text: an empty file
  expect(readdirSync(parent)).toEqual(['abc']);
});

it('leaves a folder of that name as it is, and nothing of itself when it is discarded', () => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, 'abc'));
  const folder = new StagedFolder(parent);
  folder.write('a', 'x');
  folder.close('a');
  folder.write('b', 'not closed');
  expect(folder.seal(join(parent, 'abc'))).toBe(false);
  folder.discard();
  expect(readdirSync(parent)).toEqual(['abc']);
  expect(readdirSync(join(parent, 'abc'))).toEqual([]);
});
