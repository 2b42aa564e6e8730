import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DuckDb, named, quoted } from '../../src/platform/duckdb/duckdb.js';
import { temporaryFolder } from '../store/fixtures.js';

const LONG = 'select sum(a.x * b.x) as n from range(3000000) a(x), range(1000000) b(x)';

it('answers statements in any order in which they are waited for, and goes on after one that fails', () => {
  const duckdb = new DuckDb({ inside: temporaryFolder() });
  const [one, wrong, two] = [
    duckdb.begin('select 1 as n'),
    duckdb.begin('select nothing'),
    duckdb.begin('select 2 as n'),
  ];
  expect(two()).toEqual([{ n: 2 }]);
  expect(one()).toEqual([{ n: 1 }]);
  expect(wrong).toThrow('Referenced column "nothing" was not found');
  expect(duckdb.run(`select ${quoted("it's")} as ${named('a "b"')}`)).toEqual([{ 'a "b"': "it's" }]);
  duckdb.close();
});

it('holds no more memory than it is given, and spills the rest into its scratch folder', () => {
  const duckdb = new DuckDb({ inside: temporaryFolder(), memory: '64MB' });
  const [row] = duckdb.run(
    'select count(*)::int as n from (select x, row_number() over (order by hash(x)) as r from range(3000000) t(x)) where r > 0',
  );
  expect(row).toEqual({ n: 3_000_000 });
  expect(readdirSync(duckdb.folder)).toContain('spilled');
  duckdb.close();
});

it('ends what runs when it is closed, and leaves nothing behind', () => {
  const inside = temporaryFolder();
  for (const running of [false, true]) {
    const duckdb = new DuckDb({ inside });
    writeFileSync(join(duckdb.folder, 'piece.csv'), 'x');
    if (running) duckdb.begin(LONG);
    duckdb.close();
    duckdb.close();
  }
  expect(readdirSync(inside)).toEqual([]);
});

it('sweeps what a killed process left, and nothing of one that lives', () => {
  const inside = temporaryFolder();
  const [dead, living] = [
    join(inside, 'rectune-scratch-4194304999-abc'),
    join(inside, `rectune-scratch-${process.ppid}-abc`),
  ];
  for (const folder of [dead, living]) mkdirSync(folder);
  const duckdb = new DuckDb({ inside });
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(living)).toBe(true);
  duckdb.close();
});

it('says what to do where the package or its part for this machine is missing', () => {
  const missing = {
    kind: 'data',
    message: expect.stringContaining('is not installed for this machine'),
    fix: expect.stringContaining('--include=optional'),
  };
  expect(() => new DuckDb({ name: '@duckdb/not-there' })).toThrow(expect.objectContaining(missing));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'broken.cjs'), "require('@duckdb/node-bindings-plan9-mips')");
  const duckdb = new DuckDb({ inside: folder, name: join(folder, 'broken.cjs') });
  expect(() => duckdb.run('select 1')).toThrow(expect.objectContaining(missing));
  duckdb.close();
});
