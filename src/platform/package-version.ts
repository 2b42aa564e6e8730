import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot, readJson } from './files.js';

/** The version of this package, as manifests, reports and --version name it. */
export function packageVersion(): string {
  return z.object({ version: z.string() }).parse(readJson(join(packageRoot(), 'package.json'))).version;
}
