import { z } from 'zod';
import { command, named } from '../command.js';
import { renderSource } from '../render-source.js';

export default command({
  name: 'import',
  summary:
    'read a log into the store: interactions, items, users; rows that cannot be read are kept as rejects and counted, and end nothing (code 0)',
  positionals: z.strictObject({ log: z.string().describe("the log's folder") }),
  options: z.strictObject({
    spec: named(
      'FILE',
      "source.yaml with the log's columns; the folder's own, or a known log's, without it",
    ).optional(),
  }),
  examples: ['rectune import ml-100k', 'rectune import my-log --spec source.yaml'],
  async run({ log }, { spec }, context) {
    const [{ importLog }, { findSpec }] = await Promise.all([
      import('../../sources/import-log.js'),
      import('../../sources/find-spec.js'),
    ]);
    findSpec(log, spec); // a mistyped name makes no studio
    const onProgress = context.progress.reading();
    const source = await importLog(context.openStore('make'), { path: log, spec, now: context.now, onProgress });
    return { value: source, text: renderSource(source) };
  },
});
