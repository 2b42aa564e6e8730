import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { RectuneError } from '../../core/errors.js';
import { MAX_REJECTS, MaxRejects } from '../../core/source.js';
import { isFolder, readBytes } from '../../platform/files.js';
import type { FoundSpec } from '../../sources/find-spec.js';
import type { KnownTextsFile } from '../../sources/known-formats.js';
import { type Answer, type Context, command, named } from '../command.js';
import { renderGuess } from '../render-guess.js';
import { renderSource } from '../render-source.js';
import { renderTexts } from '../render-texts.js';

export default command({
  name: 'import',
  summary:
    'read a log into the store: interactions, items, users; rows that cannot be read are kept as rejects and counted. A log that nobody described is guessed, ' +
    'shown and asked about (code 2)',
  positionals: z.strictObject({ log: z.string().describe("the log's folder, or its file of interactions") }),
  options: z.strictObject({
    spec: named(
      'FILE',
      "source.yaml with the log's columns; the folder's own, or a known log's, without it",
    ).optional(),
    maxRejects: MaxRejects.default(MAX_REJECTS).meta({
      value: 'N|P%|all',
      description: 'rows of a table that may be unreadable; with more the import keeps nothing and ends with code 3',
    }),
    pseudonymise: named(
      'KEYFILE',
      'user ids become their HMAC-SHA256 under the key in this file; it is not kept',
    ).optional(),
    yes: z.boolean().default(false).describe('take a guess as it is'),
  }),
  examples: ['rectune import ml-100k', 'rectune import my-log --spec source.yaml', 'rectune import orders.csv --yes'],
  async run({ log }, { spec, maxRejects, pseudonymise, yes }, context) {
    const [{ importLog }, { findLog, guessedSpecPath }] = await Promise.all([
      import('../../sources/import-log.js'),
      import('../../sources/find-spec.js'),
    ]);
    const pseudonymKey = pseudonymise === undefined ? undefined : readKey(pseudonymise);
    const found = findLog(log, spec, guessedSpecPath(context.studio, log)); // a mistyped name makes no studio
    if (found.kind === 'texts') return importKnownTexts(found.files, context);
    const guess = found.kind === 'unknown' ? await guessed(log, context) : undefined;
    if (guess && !yes) return guess.question;
    const onProgress = context.progress.reading();
    const how = found.kind === 'log' ? found : (guess as Guessed).found;
    const asked = {
      path: log,
      found: how,
      maxRejects,
      pseudonymKey,
      scratch: context.studio,
      now: context.now,
      onProgress,
    };
    const source = await context.stoppable((signal) => importLog(context.openStore('make'), { ...asked, signal }));
    return { value: guess ? { ...source, guess: guess.value } : source, text: renderSource(source) };
  },
});

const SHORTEST_KEY = 16; // bytes

/** The bytes of a key file. Throws RectuneError 'usage' for one that is too short to be a key. */
function readKey(path: string): Uint8Array {
  const key = readBytes(path);
  if (key.length >= SHORTEST_KEY) return key;
  const what = `a key has at least ${SHORTEST_KEY} bytes, and this file has ${key.length}`;
  throw new RectuneError(
    'usage',
    what,
    path,
    'make one: openssl rand -hex 32 > KEYFILE; keep it to get the same pseudonyms again',
  );
}

interface Guessed {
  readonly found: FoundSpec;
  readonly value: object;
  readonly question: Answer;
}

/** Guesses how a log is read, and writes its source.yaml beside it, or into the studio where nothing can be written there. */
async function guessed(log: string, context: Context): Promise<Guessed> {
  const [{ guessLog, writeGuess }, { guessedSpecPath }, { nearlyKnown }] = await Promise.all([
    import('../../sources/guess/guess-log.js'),
    import('../../sources/find-spec.js'),
    import('../../sources/known-formats.js'),
  ]);
  const place = resolve(log);
  const isFile = !isFolder(place);
  const folder = isFile ? dirname(place) : place;
  const guess = guessLog(folder, isFile ? place.slice(folder.length).replace(/^[\\/]/, '') : undefined);
  const beside = isFile ? `${place}.source.yaml` : join(folder, 'source.yaml');
  const specPath = writeGuess(guess, [beside, guessedSpecPath(context.studio, log)]);
  const nearly = nearlyKnown(folder);
  const value = { sourceYaml: specPath, spec: guess.spec, tables: guess.tables, left: guess.left, nearly };
  const question = {
    value: { guess: value, imported: false },
    text: renderGuess(guess, nearly, specPath, `rectune import ${log}`),
    exitCode: 2 as const,
  };
  return { found: { folder, spec: guess.spec, specPath }, value, question };
}

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
