// npm run simulate: writes the files of datasets/tiny anew from their seed.
import { join } from 'node:path';
import { packageRoot, writeSealed } from '../platform/files.js';
import { logFiles } from '../sources/simulate/log-files.js';
import { inventWorld, TINY_WORLD } from '../sources/simulate/world.js';

for (const [name, content] of Object.entries(logFiles(inventWorld(TINY_WORLD)))) {
  writeSealed(join(packageRoot(), 'datasets', 'tiny', name), content);
}
