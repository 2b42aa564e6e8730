import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { RectuneError } from '../../../src/core/errors.js';
import type { LogColumns } from '../../../src/core/log-columns.js';
import { SourceSpec } from '../../../src/core/source-spec.js';
import { keyedHash } from '../../../src/platform/files.js';
import { PlainLines } from '../../../src/sources/plain/plain-lines.js';
import { readLog } from '../../../src/sources/read-log.js';
import { temporaryFolder } from '../../store/fixtures.js';

const { skim } = PlainLines.prototype;

const NAMES = ['a.csv', 'b.csv', 'c.csv'];
const NAMED = { user: 'user', item: 'item', rating: 'stars', timestamp: 'time' };
const SPECS = [
  { name: 'with files of items and users', spec: { interactions: { columns: NAMED }, items: true, users: true } },
  { name: 'without files of items and users', spec: { interactions: { columns: NAMED } } },
  { name: 'with columns by index', spec: { interactions: { columns: { user: 0, item: 1, rating: 2, timestamp: 3 } } } },
  { name: 'of which a user keeps one row of an item', spec: { interactions: { columns: NAMED, repeats: 'last' } } },
  { name: 'with something of their own', spec: { interactions: { columns: NAMED, attributes: { note: 'time' } } } },
  {
    name: 'with something that is missing, or not there',
    spec: {
      interactions: {
        columns: { user: 'user', item: 'item' },
        attributes: { stars: 'stars', note: 'note', time: 'time' },
        missing: ['1', '2'],
        absent: 'empty',
        repeats: 'first',
      },
    },
  },
];

const row = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.nat({ max: 6 }), fc.nat({ max: 6 }), fc.nat({ max: 4 }), fc.nat({ max: 99 }))
      .map(([u, i, r, t]) => `u${u},i${i},${r},${t}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'u1,i1', '"u1",i1,2,3', 'user,item,stars,time', 'kunde,ware,sterne,zeit'),
  },
  { weight: 1, arbitrary: fc.constantFrom('u9,i1,x,1', 'u8,i99,1,1', ' ,i1,1,1', '"u\n1",i1,1,1', 'kunde,i1,1,1') },
);
const rows = fc.array(row, { maxLength: 30 });

/** All that reading a log gives. */
function read(folder: string, spec: SourceSpec, pseudonym: ((userId: string) => string) | undefined) {
  const written: unknown[] = [];
  const [users, items, interactions]: [string[], string[], unknown[]] = [[], [], []];
  const names = new Map([
    ['interactions', NAMES],
    ['items', ['items.csv']],
    ['users', ['users.csv']],
  ] as const);
  const writer = {
    user: (one: { userId: string }) => users.push(one.userId) - 1,
    item: (one: { itemId: string }) => items.push(one.itemId) - 1,
    reject: (one: object) => void written.push(one),
    columns: (batch: LogColumns) => {
      for (let i = 0; i < batch.size; i++) {
        const { users: of, items: at, ratings, timestamps, lines } = batch;
        interactions.push([of[i], at[i], ratings[i], timestamps[i], lines[i], batch.attributes?.[i] ?? null]);
      }
    },
  };
  try {
    const steps = readLog(folder, spec, names, writer, () => {}, { pseudonym });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const { tallies, ...summary } = step.value;
    return { summary, tallies: [...tallies], users, items, interactions, rejects: written };
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    return { error: error.message };
  }
}

it.each(SPECS)('gives the same log whether lines are taken from the bytes or not: files $name', ({ spec }) => {
  const folder = temporaryFolder();
  const { interactions, items, users } = spec as { interactions: object; items?: true; users?: true };
  const parsed = SourceSpec.parse({
    id: 'log',
    title: 'Log',
    terms: 'invented',
    interactions: { file: NAMES, ...interactions },
    ...(items && { items: { file: 'items.csv', columns: { item: 'id', title: 'id' } } }),
    ...(users && { users: { file: 'users.csv', columns: { user: 'id' } } }),
  });
  writeFileSync(join(folder, 'items.csv'), 'id\ni0\ni1\ni2\ni3\n');
  writeFileSync(join(folder, 'users.csv'), 'id\nu3\nu2\nkunde\n');
  const way = vi.spyOn(PlainLines.prototype, 'skim');
  const isByName = JSON.stringify(interactions).includes('"user"');
  const second = isByName ? 'time,item,user,stars' : 'kunde,ware,sterne,zeit';
  const pseudonyms = fc.constantFrom(undefined, (userId: string) => keyedHash(Buffer.from('key'), userId));
  fc.assert(
    fc.property(fc.tuple(rows, rows, rows), pseudonyms, ([a, b, c], pseudonym) => {
      const turned = isByName ? b.map((text) => text.replace(/^(.*),(.*),(.*),(.*)$/, '$4,$2,$1,$3')) : b;
      for (const [name, head, body] of [
        ['a.csv', 'user,item,stars,time', a],
        ['b.csv', second, turned],
        ['c.csv', 'user,item,stars,time', c],
      ] as const) {
        writeFileSync(join(folder, name), `${[head, ...body].join('\n')}\n`);
      }
      way.mockReturnValue(undefined);
      const slow = read(folder, parsed, pseudonym);
      way.mockImplementation(function (this: PlainLines, ...all) {
        return skim.apply(this, all);
      });
      expect(read(folder, parsed, pseudonym)).toEqual(slow);
    }),
    { numRuns: 40 },
  );
});

it('keeps apart what a further file has and the first one has not', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.csv'), 'user,item\nu1,i1\n');
  writeFileSync(join(folder, 'b.csv'), 'item,mood,user,place\ni2,glad,u2,home\n"i""3",sad,u3,away\n');
  writeFileSync(join(folder, 'c.csv'), 'user,item,place\nu4,i4,inn\n');
  const attributes = { mood: 'mood', place: 'place' };
  const parsed = SourceSpec.parse({
    ...{ id: 'log', title: 'Log', terms: 'invented' },
    interactions: { file: NAMES, columns: { user: 'user', item: 'item' }, attributes, absent: 'empty' },
  });
  vi.restoreAllMocks();
  const own = (read(folder, parsed, undefined).interactions as unknown[][]).map((row) =>
    JSON.parse(row.at(-1) as string),
  );
  expect(own).toEqual([
    { mood: '', place: '' },
    { mood: 'glad', place: 'home' },
    { mood: 'sad', place: 'away' },
    { mood: '', place: 'inn' },
  ]);
});
