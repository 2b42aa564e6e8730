import { RectuneError } from '../core/errors.js';
import type { TextReject, TextSet, TextSetKey } from '../core/text-set.js';
import { sha256, sha256File } from '../platform/files.js';
import type { Store } from '../store/store.js';
import { knownSource } from './known-source.js';
import { readTexts } from './read-texts.js';

/** Texts, and whether they were in the store already, unchanged. */
export type ImportedTexts = TextSet & { readonly unchanged: boolean };

/**
 * Keeps texts that were written elsewhere (by a model, by people) beside an imported source. A row without an id or a text, with
 * an id that the source does not have or that was there before is kept as a reject. The same file is not read again while the
 * source is the same (unchanged: true).
 *
 * throws  RectuneError 'usage' without such a source, 'data' for a file that cannot be read or of which no text can be taken
 */
export async function importTexts(
  store: Store,
  { file, now, ...which }: TextSetKey & { file: string; now: () => Date },
): Promise<ImportedTexts> {
  const source = knownSource(store, which.sourceId);
  const fileSha256 = await sha256File(file);
  const known = store.texts.find(which);
  if (known?.fileSha256 === fileSha256 && known.sourceHash === source.hash) return { ...known, unchanged: true };

  const ids = which.of === 'item' ? store.sources.items(source.id) : store.sources.users(source.id);
  const texts = new Map<string, string>();
  const rejects: TextReject[] = [];
  let [empty, unknown] = [0, 0];
  for (const { place, id, text, shown } of readTexts(file, (reject) => rejects.push(reject))) {
    const reject = (reason: string): void => void rejects.push({ place, reason, text: shown });
    if (id === '') reject('id is empty');
    else if (!ids.has(id)) {
      unknown += 1;
      reject(`${which.of} is not in the source`);
    } else if (text.trim() === '') {
      empty += 1;
      reject('text is empty');
    } else if (texts.has(id)) reject('id is named again');
    else texts.set(id, text);
  }
  if (texts.size === 0) throw nothingTaken(file, rejects, which);
  const counts = { taken: texts.size, empty, unknown, rejects: rejects.length, without: ids.size - texts.size };
  const hash = hashOf(texts);
  const importedAt = now().toISOString();
  const set: TextSet = { ...which, hash, file, fileSha256, sourceHash: source.hash, importedAt, counts };
  store.texts.save(set, texts, rejects);
  return { ...set, unchanged: false };
}

/** Of the ids and texts in the order of the ids, a row at a time: all of them as one string could be too long. */
function hashOf(texts: ReadonlyMap<string, string>): string {
  const rows = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map((row) => sha256(JSON.stringify(row)));
  return sha256(rows.join('\n'));
}

function nothingTaken(file: string, [first]: readonly TextReject[], { sourceId, of }: TextSetKey): RectuneError {
  if (!first) return new RectuneError('data', 'the file has no texts', file, 'name the file that holds them');
  const what = `none of its texts can be taken: ${first.reason}`;
  const fix = `the ids must be those of the ${of}s of source ${sourceId}`;
  return new RectuneError('data', what, `${file}: ${first.place}: ${first.text.slice(0, 80)}`, fix);
}
