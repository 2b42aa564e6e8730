// TALLRec's movie rows, built from the log by our own builder, in both forms: instruction lines for us, published JSON for the peers.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildVersion, exportVersion, importLog, loadRecipe, openStore } from '../dist/index.js';
import { studioLayout } from '../dist/platform/studio.js';

/**
 * log     MovieLens-100K's folder
 * folder  an empty one, where everything is written
 * returns instructions(split): path of the lines; published(split): path of the JSON array with the same rows in the same order
 */
export async function buildMovieRows(log, folder) {
  const store = openStore(studioLayout.store(folder));
  const now = () => new Date(0);
  await importLog(store, { path: log, now });
  const version = await buildVersion(store, loadRecipe('tallrec-movie'), { studio: folder, now, program: 'bench' });
  const out = join(folder, 'published');
  mkdirSync(out, { recursive: true });
  exportVersion(store, version, { format: 'tallrec', out });
  store.close();
  return {
    instructions: (split) => studioLayout.instructions(folder, version.hash, split),
    published: (split) => join(out, `${split}.json`),
  };
}

/** The first rows of a split's instruction lines, in a file of their own. */
export function firstLines(path, rows, out) {
  writeFileSync(out, `${readFileSync(path, 'utf8').split('\n').slice(0, rows).join('\n')}\n`);
  return out;
}

/** `count` rows spread evenly over a split: their lines and their published form, each in a file of its own. */
export function spreadRows(rows, split, count, folder) {
  const lines = readFileSync(rows.instructions(split), 'utf8').trimEnd().split('\n');
  const published = JSON.parse(readFileSync(rows.published(split), 'utf8'));
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * lines.length) / count));
  const instructions = join(folder, `${split}-${count}.jsonl`);
  const json = join(folder, `${split}-${count}.json`);
  writeFileSync(instructions, `${chosen.map((row) => lines[row]).join('\n')}\n`);
  writeFileSync(json, JSON.stringify(chosen.map((row) => published[row])));
  return { instructions, published: json };
}
