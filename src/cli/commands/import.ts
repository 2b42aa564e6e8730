import { z } from 'zod';
import type { KnownTextsFile } from '../../sources/known-formats.js';
import { type Answer, type Context, command, named } from '../command.js';
import { renderSource } from '../render-source.js';
import { renderTexts } from '../render-texts.js';

export default command({
  name: 'import',
  summary:
    'read a log into the store: interactions, items, users; rows that cannot be read are kept as rejects and counted, and end nothing (code 0)',
  positionals: z.strictObject({ log: z.string().describe("the log's folder, or its file of interactions") }),
  options: z.strictObject({
    spec: named(
      'FILE',
      "source.yaml with the log's columns; the folder's own, or a known log's, without it",
    ).optional(),
  }),
  examples: ['rectune import ml-100k', 'rectune import my-log --spec source.yaml'],
  async run({ log }, { spec }, context) {
    const [{ importLog }, { findLog, findSpec }] = await Promise.all([
      import('../../sources/import-log.js'),
      import('../../sources/find-spec.js'),
    ]);
    const found = findLog(log, spec); // a mistyped name makes no studio
    if (found.kind === 'texts') return importKnownTexts(found.files, context);
    if (found.kind === 'unknown') findSpec(log, spec);
    const onProgress = context.progress.reading();
    const source = await importLog(context.openStore('make'), { path: log, spec, now: context.now, onProgress });
    return { value: source, text: renderSource(source) };
  },
});

/** Texts of the items or users of a log that is imported already. */
async function importKnownTexts(files: readonly KnownTextsFile[], context: Context): Promise<Answer> {
  const { importTexts } = await import('../../sources/import-texts.js');
  const store = context.openStore('make');
  const sets = [];
  for (const { path, texts } of files) {
    const key = { sourceId: texts.source, of: texts.of, name: texts.as };
    sets.push(await importTexts(store, { ...key, file: path, now: context.now }));
  }
  return { value: { texts: sets }, text: sets.map(renderTexts).join('\n') };
}
