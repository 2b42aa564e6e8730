import { createHash } from 'node:crypto';
import type { Store } from '../../src/store/store.js';

/** What a store knows of a source, all rows of it, as one hash; undefined without the source. Not when and from where it came. */
export function digestOf(store: Store, id: string): string | undefined {
  const found = store.sources.find(id);
  if (!found) return undefined;
  const { importedAt: _at, path: _path, ...source } = found;
  const hash = createHash('sha256').update(JSON.stringify(source));
  for (const { size, users, items, ratings, timestamps, lines } of store.sources.columns(id)) {
    for (const column of [users, items, ratings, timestamps, lines]) {
      hash.update(new Uint8Array(column.buffer, column.byteOffset, size * column.BYTES_PER_ELEMENT));
    }
  }
  const others = [store.sources.userIds(id), [...store.sources.items(id)], store.sources.rejects(id)];
  return hash.update(JSON.stringify(others)).digest('hex');
}
