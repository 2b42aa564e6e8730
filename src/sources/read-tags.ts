import type { TagsSpec } from '../core/source-spec.js';
import { ItemTags } from './item-tags.js';
import type { LogFiles } from './log-files.js';
import { lackWarning, NOT_IN_ITEMS } from './open-file.js';
import { parseTimestamp } from './values.js';

/**
 * Finds the columns of a tag file, and of the file that names its tags where there is one.
 *
 * items    knows the items of the log once they are read, and the name of their file
 * returns  reads both files to their end, with pauses, and counts; called after the items are read
 * throws   RectuneError 'data' for a column that is not there
 */
export function tagReader(
  spec: TagsSpec,
  tags: LogFiles,
  names: LogFiles | undefined,
  items: { readonly label: string; has(itemId: string): boolean },
): () => Generator<void, { tags: ItemTags; warnings: string[] }> {
  const { columns, timestampUnit } = spec;
  const [item, tag] = [tags.column(columns.item), tags.column(columns.tag)];
  const user = columns.user === undefined ? undefined : tags.column(columns.user);
  const timestamp = columns.timestamp === undefined ? undefined : tags.column(columns.timestamp, 'error', 'time');
  const reject = tags.reject.bind(tags);
  const nameReader = spec.names && names && namesReader(spec.names.columns, names);
  return function* () {
    const named = nameReader && (yield* nameReader());
    const counted = new ItemTags();
    let lacking = 0;
    for (const row of tags.rows()) {
      if (tags.wasFed()) yield;
      const [itemId = '', written = ''] = [row.fields[item], row.fields[tag]];
      const userId = user === undefined ? undefined : (row.fields[user] ?? '');
      const time =
        timestamp === undefined ? { value: null } : parseTimestamp(row.fields[timestamp] ?? '', timestampUnit);
      const name = named ? named.get(written) : written;
      if (itemId.trim() === '') reject(row, 'item is empty');
      else if (written.trim() === '') reject(row, 'tag is empty');
      else if (userId?.trim() === '') reject(row, 'user is empty');
      else if ('problem' in time) reject(row, time.problem);
      else if (name === undefined) reject(row, 'tag is not in the file of tag names');
      else if (name.includes('|')) reject(row, HAS_BAR);
      else if (!items.has(itemId)) {
        reject(row, NOT_IN_ITEMS);
        lacking += 1;
      } else {
        counted.add(itemId, name, userId, time.value);
        tags.count('rows');
      }
    }
    return { tags: counted, warnings: lackWarning(lacking, tags, items.label) };
  };
}

const HAS_BAR = 'tag has a "|", which parts the tags of an item';

/** Names of tags by id; the first row of an id counts. */
function namesReader(
  columns: NonNullable<TagsSpec['names']>['columns'],
  files: LogFiles,
): () => Generator<void, Map<string, string>> {
  const [tag, name] = [files.column(columns.tag), files.column(columns.name)];
  return function* () {
    const names = new Map<string, string>();
    const reject = files.reject.bind(files);
    for (const row of files.rows()) {
      if (files.wasFed()) yield;
      const [id = '', text = ''] = [row.fields[tag], row.fields[name]];
      if (id.trim() === '') reject(row, 'tag is empty');
      else if (text.trim() === '') reject(row, 'name of a tag is empty');
      else if (names.has(id)) reject(row, 'tag is named again');
      else {
        names.set(id, text);
        files.count('rows');
      }
    }
    return names;
  };
}
