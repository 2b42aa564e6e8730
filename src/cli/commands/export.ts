import { resolve } from 'node:path';
import { z } from 'zod';
import { exportVersion } from '../../builders/export/export-version.js';
import { EXPORT_FORMATS } from '../../builders/export/formats.js';
import { makeFolder } from '../../platform/files.js';
import { knownSource } from '../../sources/known-source.js';
import { writeRecbole } from '../../sources/write-recbole.js';
import { findVersion } from '../../trainers/sealed-split.js';
import { command, named } from '../command.js';

export default command({
  name: 'export',
  summary: 'write a dataset version as other programs read it, a file or two a split',
  positionals: z.strictObject({
    version: z
      .string()
      .describe(
        'name, hash or unique beginning of the hash of a dataset version; with --format recbole the id of a log',
      ),
  }),
  options: z.strictObject({
    format: z
      .enum([...EXPORT_FORMATS, 'recbole'])
      .default('tallrec')
      .describe('form of the files; recbole: a log as atomic files (.inter, .item, .user)'),
    out: named('DIR', 'folder to write to; made when needed'),
    origins: z
      .boolean()
      .default(true)
      .describe('split, row, user, item, label and template of each row, where the format has room for them'),
    force: z.boolean().default(false).describe('replace files that hold something else'),
  }),
  examples: [
    'rectune export tallrec-movie --format tallrec --out exported',
    'rectune export tallrec-movie --format messages --out exported --no-origins',
    'rectune export ml-100k --format recbole --out atomic',
  ],
  async run({ version: name }, { format, out, origins, force }, context) {
    const store = context.openStore('existing');
    if (format === 'recbole') {
      const source = knownSource(store, name);
      makeFolder(resolve(out));
      const files = writeRecbole(store, source, resolve(out), force);
      const text = files.map(({ path, rows }) => `${path}: ${rows} rows`).join('\n');
      return { value: { source: source.id, format, files }, text };
    }
    const version = findVersion(store, name);
    const files = exportVersion(store, version, { format, out: resolve(out), origins, force });
    const lines = files.map(({ path, rows }) => `${path}: ${rows} rows`);
    return { value: { version: version.hash, format, files }, text: lines.join('\n') };
  },
});
