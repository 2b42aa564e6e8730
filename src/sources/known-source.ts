import { RectuneError } from '../core/errors.js';
import type { Source } from '../core/source.js';
import type { Store } from '../store/store.js';

/** An imported source. Throws RectuneError 'usage' that names those there are. */
export function knownSource(store: Store, id: string): Source {
  const source = store.sources.find(id);
  if (source) return source;
  const known = store.sources.list().map((other) => other.id);
  const fix = known.length > 0 ? `use one of ${known.join(', ')}` : 'import one: rectune import LOG';
  throw new RectuneError('usage', `there is no source "${id}"`, 'this studio', fix);
}
