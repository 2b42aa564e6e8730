import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Source } from '../../src/core/source.js';
import { importLog } from '../../src/sources/import-log.js';
import { ItemTags } from '../../src/sources/item-tags.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const FILES = {
  'log.csv': 'user,item\nu1,i1\n',
  'items.csv': 'id,name\ni1,Lamp\ni2,Chair\n',
  'tags.csv': 'user,item,tag,time\n',
};
const SPEC = {
  id: 'shop',
  title: 'Shop',
  terms: 'invented',
  interactions: { file: 'log.csv', columns: { user: 'user', item: 'item' } },
  items: { file: 'items.csv', columns: { item: 'id', title: 'name' }, attributes: { maker: 'name' } },
};
const TAGS = { file: 'tags.csv', columns: { user: 'user', item: 'item', tag: 'tag', timestamp: 'time' } };

/** Imports the log with these tags; what came of it. */
async function imported(files: Record<string, string | Uint8Array>, tags: object = TAGS, change: object = {}) {
  const { store } = temporaryStore();
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  const all = { ...FILES, ...files, 'source.yaml': stringify({ ...SPEC, tags, ...change }) };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(folder, name), content);
  const source: Source = await importLog(store, { path: folder, now: () => NOW });
  const items = store.sources.items('shop');
  const rejects = store.sources.rejects('shop').map(({ file, line, reason }) => [file, line, reason]);
  return { source, rejects, tags: [...items.values()].map(({ attributes }) => attributes) };
}

it('makes an attribute of the tags of an item, the most frequent first, and of when each was first put there', async () => {
  const rows = ['u1,i1,warm,50', 'u2,i1,old,30', 'u3,i1,old,20', 'u1,i1,bright,40', 'u1,i1,warm,60'];
  const { source, tags } = await imported({ 'tags.csv': `${FILES['tags.csv']}${rows.join('\n')}\n` });
  expect(tags).toEqual([
    { maker: 'Lamp', tags: 'old|bright|warm', tagTimes: '20|40|50' }, // warm comes twice, from one user
    { maker: 'Chair', tags: '', tagTimes: '' },
  ]);
  expect(source.files.map(({ role, rows: read }) => [role, read])).toEqual([
    ['interactions', 1],
    ['items', 2],
    ['tags', 5],
  ]);
  expect(source.warnings).toEqual([]);
});

it('counts each row without users, keeps no times without times, and as many tags as are asked for', async () => {
  const rows = ['u1,i1,warm,50', 'u2,i1,old,30', 'u1,i1,bright,40', 'u1,i1,warm,60'];
  const spec = { file: 'tags.csv', columns: { item: 'item', tag: 'tag' }, most: 2 };
  const { tags } = await imported({ 'tags.csv': `${FILES['tags.csv']}${rows.join('\n')}\n` }, spec);
  expect(tags[0]).toEqual({ maker: 'Lamp', tags: 'warm|bright' });
});

it('reads the names of tags from a file of their own, in its own encoding', async () => {
  const names = {
    file: 'names.dat',
    delimiter: '\t',
    encoding: 'latin-1',
    columns: { tag: 'tagID', name: 'tagValue' },
  };
  const { source, tags, rejects } = await imported(
    {
      'names.dat': Buffer.from('tagID\ttagValue\r\n1\tcaf\xe9\r\n2\tolder\r\n2\told\r\n3\t\r\n', 'latin1'),
      'tags.csv': 'user,item,tag,time\nu1,i1,1,5\nu1,i1,2,6\nu1,i1,3,6\nu1,i1,9,6\n',
    },
    { ...TAGS, names },
  );
  expect(tags[0]).toMatchObject({ tags: 'café|older', tagTimes: '5|6' });
  expect(rejects).toEqual([
    ['names.dat', 4, 'tag is named again'],
    ['names.dat', 5, 'name of a tag is empty'],
    ['tags.csv', 4, 'tag is not in the file of tag names'],
    ['tags.csv', 5, 'tag is not in the file of tag names'],
  ]);
  expect(source.files.map(({ role, rows, rejects: bad }) => [role, rows, bad])).toEqual([
    ['interactions', 1, 0],
    ['items', 2, 0],
    ['tags', 2, 2],
    ['tagNames', 2, 2],
  ]);
});

it('keeps every tag that it cannot use as a reject with its reason', async () => {
  const rows = [
    'u1,i9,old,5',
    'u1,,old,5',
    'u1,i1, ,5',
    ',i1,old,5',
    'u1,i1,old,soon',
    'u1,i1,a|b,5',
    'u1,i1,old',
    'u1,i2,old,5',
  ];
  const { source, tags, rejects } = await imported({ 'tags.csv': `${FILES['tags.csv']}${rows.join('\n')}` });
  expect(rejects).toEqual([
    ['tags.csv', 2, 'item is not in the item file'],
    ['tags.csv', 3, 'item is empty'],
    ['tags.csv', 4, 'tag is empty'],
    ['tags.csv', 5, 'user is empty'],
    ['tags.csv', 6, 'timestamp is not a number'],
    ['tags.csv', 7, 'tag has a "|", which parts the tags of an item'],
    ['tags.csv', 8, '3 fields instead of 4'],
  ]);
  expect(tags.map(({ tags: kept }) => kept)).toEqual(['', 'old']);
  expect(source.counts.rejects).toBe(7);
  expect(source.warnings).toEqual(['1 of 8 rows of tags.csv (12.5 %) name an item that items.csv does not have']);
});

it.each([
  { case: 'tags without an item file', change: { items: undefined }, message: /tags need items/ },
  {
    case: 'an attribute of items that the tags become',
    change: { items: { ...SPEC.items, attributes: { tagTimes: 'name' } } },
    message: /"tagTimes" is what the tags become/,
  },
])('refuses $case', async ({ change, message }) => {
  await expect(imported({}, TAGS, change)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(message),
  });
});

it('reads a log again whose file of tag names changed', async () => {
  const { store } = temporaryStore();
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder);
  const names = { file: 'names.csv', columns: { tag: 'id', name: 'name' } };
  const files = { ...FILES, 'tags.csv': 'user,item,tag,time\nu,i1,1,5\n', 'names.csv': 'id,name\n1,old\n' };
  const yaml = stringify({ ...SPEC, tags: { ...TAGS, names } });
  for (const [name, content] of Object.entries({ ...files, 'source.yaml': yaml })) {
    writeFileSync(join(folder, name), content);
  }
  const read = () => importLog(store, { path: folder, now: () => NOW });
  await read();
  expect((await read()).unchanged).toBe(true);
  writeFileSync(join(folder, 'names.csv'), 'id,name\n1,new\n');
  expect((await read()).unchanged).toBe(false);
  expect(store.sources.items('shop').get('i1')?.attributes.tags).toBe('new');
});

it('agrees with counting again for each tag and comparing each two', () => {
  const row = fc.record({
    item: fc.constantFrom('i1', 'i2'),
    tag: fc.constantFrom('a', 'B', 'é', 'ab', '\u{1f3ac}', '\uffee'),
    user: fc.constantFrom('u1', 'u2', 'u3'),
    time: fc.nat(5),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      (rows, most, withUsers) => {
        const counted = new ItemTags();
        for (const { item, tag, user, time } of rows) counted.add(item, tag, withUsers ? user : undefined, time);
        for (const item of ['i1', 'i2']) {
          const own = rows.filter((other) => other.item === item);
          const times = (tag: string) => {
            const users = own.filter((other) => other.tag === tag).map(({ user }) => user);
            return withUsers ? new Set(users).size : users.length;
          };
          const isBefore = (a: string, b: string) => times(a) > times(b) || (times(a) === times(b) && a < b);
          const tags = [...new Set(own.map(({ tag }) => tag))];
          const rank = (tag: string) => tags.filter((other) => isBefore(other, tag)).length;
          const kept = tags.filter((tag) => rank(tag) < most).sort((a, b) => rank(a) - rank(b));
          const first = kept.map((tag) =>
            Math.min(...own.filter((other) => other.tag === tag).map(({ time }) => time)),
          );
          expect(counted.attributesOf(item, most, true)).toEqual({ tags: kept.join('|'), tagTimes: first.join('|') });
        }
      },
    ),
    { numRuns: 500 },
  );
});
