// Claim: kill a run at any moment, and it goes on to the bytes of the uninterrupted run (README, "What it promises").
//
//   npm run build && npm run test:native && node bench/kill-and-resume.mjs [--kills 1000]
//
// The test of native/ that does the same with 50 kills: real processes on a tiny model, SIGKILL at any time and at the short moments around
// a checkpoint's and the adapter's rename. Prints how many kills hit which part of a run's life; fails when a run ended with other bytes.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtBinary } from '../dist/platform/native-build.js';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '1000' } } });
if (!/^[1-9]\d*$/.test(values.kills)) throw new Error('give --kills as a whole number');
const test = join(dirname(builtBinary()), 'test_kill_and_resume');
if (!existsSync(test)) throw new Error('the test is not built yet: npm run test:native');
const begin = Date.now();
const { status } = spawnSync(test, [values.kills], { stdio: 'inherit' });
console.log(`${((Date.now() - begin) / 1000).toFixed(0)} s`);
process.exit(status ?? 1);
