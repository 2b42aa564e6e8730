import { resolve } from 'node:path';
import { z } from 'zod';
import { EXPORT_FORMATS, exportVersion } from '../../builders/export-version.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';

export default command({
  name: 'export',
  summary: 'write a dataset version as other programs read it: train.json, valid.json, test.json',
  positionals: z.strictObject({
    version: z.string().describe('name, hash or unique beginning of the hash of a dataset version'),
  }),
  options: z.strictObject({
    format: z.enum(EXPORT_FORMATS).default('tallrec').describe('form of the files'),
    out: named('DIR', 'folder to write to; made when needed'),
    force: z.boolean().default(false).describe('replace files that hold something else'),
  }),
  examples: ['rectune export tallrec-movie --format tallrec --out exported'],
  async run({ version: name }, { format, out, force }, context) {
    const store = context.openStore('existing');
    const version = findVersion(store, name);
    const files = exportVersion(store, version, { format, out: resolve(out), force });
    const lines = files.map(({ path, rows }) => `${path}: ${rows} rows`);
    return { value: { version: version.hash, format, files }, text: lines.join('\n') };
  },
});
