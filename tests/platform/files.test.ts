import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AppendFile } from '../../src/platform/append-file.js';
import { cannotRead, cannotWrite } from '../../src/platform/file-errors.js';
import {
  copySealed,
  listFolder,
  makeFolder,
  packageRoot,
  readChunks,
  readJson,
  readText,
  sha256,
  sha256File,
  writeSealed,
  writeSealedFolder,
} from '../../src/platform/files.js';
import { checkOutputFiles } from '../../src/platform/output-place.js';
import { packageVersion } from '../../src/platform/package-version.js';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'rectune-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function* failing(): Generator<string> {
  yield 'half';
  throw new Error('the maker failed');
}

it('reads back what it sealed, from text, bytes and pieces, and leaves no temporary file', () => {
  const root = folder();
  const pieces = Array.from({ length: 3000 }, (_, i) => `${i} ${'ä'.repeat(500)}\n`);
  writeSealed(join(root, 'deep', 'text'), 'é\u{1f3ac}');
  writeSealed(join(root, 'deep', 'bytes'), Uint8Array.of(0, 255, 10));
  writeSealed(join(root, 'deep', 'pieces'), pieces);
  writeSealed(join(root, 'deep', 'text'), 'second');
  expect(readText(join(root, 'deep', 'text'))).toBe('second');
  expect([...readFileSync(join(root, 'deep', 'bytes'))]).toEqual([0, 255, 10]);
  expect(readText(join(root, 'deep', 'pieces'))).toBe(pieces.join(''));
  expect(readdirSync(join(root, 'deep')).sort()).toEqual(['bytes', 'pieces', 'text']);
});

it('copies a file whole or not at all, over one of that name', () => {
  const root = folder();
  writeFileSync(join(root, 'from'), Uint8Array.of(0, 255, 10), { mode: 0o444 });
  copySealed(join(root, 'from'), join(root, 'deep', 'to'));
  copySealed(join(root, 'from'), join(root, 'deep', 'to'));
  expect([...readFileSync(join(root, 'deep', 'to'))]).toEqual([0, 255, 10]);
  expect(() => copySealed(join(root, 'nowhere'), join(root, 'deep', 'to'))).toThrow(
    expect.objectContaining({ name: 'RectuneError' }),
  );
  expect(readdirSync(join(root, 'deep'))).toEqual(['to']);
});

it('leaves the old file as it was when its content fails half-way', () => {
  const root = folder();
  writeSealed(join(root, 'file'), 'old');
  expect(() => writeSealed(join(root, 'file'), failing())).toThrow('the maker failed');
  expect(readText(join(root, 'file'))).toBe('old');
  expect(readdirSync(root)).toEqual(['file']);
});

it('seals a folder whole or not at all, keeps one that is there, and replaces it only when told', () => {
  const root = folder();
  const path = join(root, 'versions', 'abc');
  expect(() => writeSealedFolder(path, { first: 'a', second: failing() })).toThrow('the maker failed');
  expect(readdirSync(join(root, 'versions'))).toEqual([]);
  expect(writeSealedFolder(path, { 'a.json': '1', 'plots/b.svg': '2' })).toBe(true);
  expect(writeSealedFolder(path, { 'a.json': 'other' })).toBe(false);
  expect(readText(join(path, 'a.json'))).toBe('1');
  expect(readText(join(path, 'plots', 'b.svg'))).toBe('2');
  expect(writeSealedFolder(path, { 'c.json': '3' }, { replace: true })).toBe(true);
  expect(readdirSync(path)).toEqual(['c.json']);
  expect(() => writeSealedFolder(path, { d: failing() }, { replace: true })).toThrow('the maker failed');
  expect(readdirSync(path)).toEqual(['c.json']);
  expect(readdirSync(join(root, 'versions'))).toEqual(['abc']);
});

it.each([
  { case: 'a missing file', make: () => {}, message: 'there is no such file' },
  { case: 'a folder', make: (path: string) => mkdirSync(path), message: 'this is a folder, not a file' },
  {
    case: 'bytes that are not UTF-8',
    make: (path: string) => writeFileSync(path, Uint8Array.of(0x61, 0xe9)),
    message: 'not UTF-8',
  },
])('tells of $case, where, and with the kind that was asked for', ({ make, message }) => {
  const path = join(folder(), 'file');
  make(path);
  expect(() => readText(path, 'usage')).toThrow(expect.objectContaining({ kind: 'usage', where: path }));
  expect(() => readText(path)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }));
});

it('tells where JSON is none', () => {
  const path = join(folder(), 'file');
  writeFileSync(path, '{"a": }');
  expect(() => readJson(path)).toThrow(expect.objectContaining({ kind: 'data', where: path }));
});

it('reads text without its byte order mark', () => {
  const path = join(folder(), 'file');
  writeFileSync(path, '\ufeff{"a": 1}');
  expect(readJson(path)).toEqual({ a: 1 });
});

it('hashes a file of several chunks as its whole content', async () => {
  const path = join(folder(), 'file');
  const bytes = Buffer.alloc(2_500_000, 'rectune');
  writeFileSync(path, bytes);
  const expected = createHash('sha256').update(bytes).digest('hex');
  await expect(sha256File(path)).resolves.toBe(expected);
  expect(sha256(bytes)).toBe(expected);
  await expect(sha256File(`${path}.none`)).rejects.toMatchObject({ kind: 'data' });
});

it('knows the digest of "abc" (FIPS 180-2, appendix B.1)', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('reads chunks that join to the file, and closes it when the reader leaves early', () => {
  const path = join(folder(), 'file');
  writeFileSync(path, 'abcdefg');
  expect([...readChunks(path, 3)].length).toBe(3);
  expect(Array.from(readChunks(path, 3), (chunk) => Buffer.from(chunk).toString()).join('')).toBe('abcdefg');
  for (const chunk of readChunks(path, 3)) {
    expect(chunk.length).toBe(3);
    break;
  }
});

it('lists names in one order, and nothing without a folder', () => {
  const root = folder();
  for (const name of ['b', 'a', 'B']) writeFileSync(join(root, name), '');
  expect(listFolder(root)).toEqual(['B', 'a', 'b']);
  expect(listFolder(join(root, 'none'))).toEqual([]);
});

it.each([
  { case: 'a folder where the file is to be', place: 'folder', kind: 'usage', message: 'this is a folder, not a file' },
  { case: 'a file where a folder is to be', place: 'file/new', kind: 'usage', message: 'a file stands where' },
  { case: 'a file further up', place: 'file/deep/new', kind: 'usage', message: 'a file stands where' },
  { case: 'a name that is too long', place: 'x'.repeat(300), kind: 'usage', message: 'the name is too long' },
])('tells of $case when it cannot write there, and leaves nothing behind', ({ place, kind, message }) => {
  const root = folder();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'file'), 'mine');
  const path = join(root, place);
  const told = expect.objectContaining({ kind, message: expect.stringContaining(message) });
  expect(() => writeSealed(path, 'text')).toThrow(told);
  expect(() => new AppendFile(path)).toThrow(told);
  if (place !== 'folder') expect(() => writeSealedFolder(path, { a: '1' })).toThrow(told);
  expect(readdirSync(root)).toEqual(['file', 'folder']);
  expect(readText(join(root, 'file'))).toBe('mine');
});

it.runIf(existsSync('/dev/full'))('tells of a full disk', () => {
  const file = new AppendFile('/dev/full');
  expect(() => file.writeLines(['one'])).toThrow(
    expect.objectContaining({ kind: 'data', where: '/dev/full', message: 'the disk is full (ENOSPC)' }),
  );
});

// In Node's own hands this turns for ever.
it.runIf(existsSync('/proc/self'))('ends with an error where the system denies a folder that it has just made', () => {
  const told = expect.objectContaining({ name: 'RectuneError', kind: 'data' });
  expect(() => makeFolder('/proc/none/deep')).toThrow(told);
  expect(() => writeSealed('/proc/none/file', 'text')).toThrow(told);
  expect(() => checkOutputFiles(['/proc/none/file'])).toThrow(told);
});

it('makes a folder that is there already, and those above it', () => {
  const root = folder();
  makeFolder(join(root, 'a', 'b'));
  makeFolder(join(root, 'a', 'b'));
  expect(existsSync(join(root, 'a', 'b'))).toBe(true);
});

it('lets through what is no refusal of the system', () => {
  const ours = new TypeError('no');
  expect(cannotWrite('place', ours)).toBe(ours);
  expect(cannotRead('place', 'data', ours)).toBe(ours);
  const database = Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' });
  expect(cannotWrite('place', database)).toBe(database);
});

it.each([
  { code: 'EACCES', message: 'nothing may be written here (EACCES)' },
  { code: 'EROFS', message: 'nothing may be written here (EROFS)' },
  { code: 'EIO', message: 'this cannot be written (EIO)' },
])('says what to do when the system refuses with $code', ({ code, message }) => {
  expect(cannotWrite('place', Object.assign(new Error(code), { code, errno: -1 }))).toMatchObject({
    kind: 'data',
    where: 'place',
    message,
    fix: expect.stringContaining('name another place'),
  });
});

it.each([
  { case: 'a new file', place: 'new', message: undefined },
  { case: 'a new file in new folders', place: 'a/b/new', message: undefined },
  { case: 'a file that is there', place: 'file', message: undefined },
  { case: 'a folder', place: 'folder', message: 'this is a folder, not a file' },
  { case: 'a place below a file', place: 'file/deep/new', message: 'this is a file, not a folder' },
])('checks $case before the work begins, and changes nothing', ({ place, message }) => {
  const root = folder();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'file'), 'mine');
  const check = () => checkOutputFiles([join(root, place), join(root, 'other')]);
  if (message === undefined) check();
  else expect(check).toThrow(expect.objectContaining({ kind: 'usage', message }));
  expect(readdirSync(root)).toEqual(['file', 'folder']);
});

it('finds the folder of package.json, and the version in it', () => {
  expect(existsSync(join(packageRoot(), 'package.json'))).toBe(true);
  expect(existsSync(join(packageRoot(), 'datasets'))).toBe(true);
  expect(readJson(join(packageRoot(), 'package.json'))).toMatchObject({ version: packageVersion() });
});
