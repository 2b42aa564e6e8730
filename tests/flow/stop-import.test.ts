import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../store/fixtures.js';

const MAIN = join(resolve(import.meta.dirname, '../..'), 'dist/cli/main.js');
const SPEC =
  'id: shop\ntitle: Shop\nterms: invented\ninteractions: { file: log.csv, columns: { user: user, item: item } }\n';

/** The process sends itself the signal when it reads its third megabyte, however fast it is. */
const SIGNAL = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { readSync } = fs;
let reads = 0;
fs.readSync = (...all) => {
  if (all[1]?.length >= 1 << 20 && ++reads === 3) process.kill(process.pid, 'SIGINT');
  return readSync(...all);
};
syncBuiltinESMExports();
`;

function rectune(folder: string, ...args: string[]) {
  return spawnSync(process.execPath, [...args.slice(1), MAIN, args[0] as string, '.', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
}

it('ends a large import at SIGINT with code 130, and the log of before is there', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'source.yaml'), SPEC);
  writeFileSync(join(folder, 'log.csv'), 'user,item\nu1,i1\n');
  expect(rectune(folder, 'import').status).toBe(0);
  const row = Array.from({ length: 1000 }, (_, i) => `user ${i},item ${i}\n`).join('');
  writeFileSync(join(folder, 'log.csv'), `user,item\n${row.repeat(700)}`); // 14 MB
  const { status, stderr } = rectune(
    folder,
    'import',
    '--import',
    `data:text/javascript,${encodeURIComponent(SIGNAL)}`,
  );
  expect(stderr).toContain('the import was stopped');
  expect(status).toBe(130);
  const { stdout } = spawnSync(process.execPath, [MAIN, 'list', 'sources', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout).toContain('"interactions":1,');
});
