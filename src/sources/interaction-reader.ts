import { ColumnsBuffer, type LogColumns, packedAttributes } from '../core/log-columns.js';
import type { InteractionsSpec } from '../core/source-spec.js';
import { attributeColumns } from './attributes.js';
import type { LogFiles, SkimOf } from './log-files.js';
import type { LogIds } from './log-ids.js';
import { NOT_IN_ITEMS } from './open-file.js';
import type { PersonalAudit } from './personal-audit.js';
import { PlainLines } from './plain/plain-lines.js';
import { Repeats } from './repeats/repeats.js';
import type { TitleChecks } from './title-checks.js';
import { parseRating, parseTimestamp } from './values.js';

const BATCH = 4096; // interactions handed over at once

/** What the interactions of a log are read beside. */
export interface Surroundings {
  readonly ids: LogIds;
  readonly hasItemFile: boolean;
  readonly titles: TitleChecks;
  readonly audit: PersonalAudit;
  readonly take: (rows: LogColumns) => void;
  readonly scratch?: string | undefined; // folder for what does not stay in memory; the system's without it
}

/**
 * Finds the columns of the interactions.
 *
 * returns  reads them to their end, with pauses; called after items and users are read. It tells how many rows named an item that the item file lacks
 * throws   RectuneError 'data' for a column that is not there
 */
export function interactionReader(
  files: LogFiles,
  spec: InteractionsSpec,
  { ids, hasItemFile, titles, audit, take, scratch }: Surroundings,
): () => Generator<void, number> {
  const reject = files.reject.bind(files);
  const { columns, timestampUnit } = spec;
  const [user, item] = [files.column(columns.user), files.column(columns.item)];
  const rating = columns.rating === undefined ? undefined : files.column(columns.rating);
  const timestamp = columns.timestamp === undefined ? undefined : files.column(columns.timestamp, 'error', 'time');
  const own = attributeColumns(files, spec);
  const waiting = new ColumnsBuffer(BATCH);

  const add = (at: number, of: number, rated: number, time: number, line: number, own: string | null): void => {
    if (waiting.isFull) take(waiting.take());
    waiting.add(at, of, rated, time, line, own);
  };

  const rule = spec.repeats ?? 'all';
  const repeats = rule === 'all' ? undefined : new Repeats(rule, { inside: scratch });
  const plain = new PlainLines(
    {
      user: (userId) => ids.user(ids.known(userId)),
      item: (itemId) => (hasItemFile ? ids.items.get(itemId) : ids.item(itemId)),
      attributes(values) {
        const attributes = own.named(values);
        audit.look('interactions', attributes);
        return packedAttributes(attributes);
      },
      add(at, of, rated, time, line, attributes) {
        if (!repeats) add(at, of, rated, time, line, attributes);
        else repeats.add({ user: at, item: of, rating: rated, timestamp: time, line, attributes }, files.tally);
      },
    },
    spec,
  );
  const skimOf: SkimOf = (lines, placeOf, before) => {
    const places = {
      user: placeOf(user),
      item: placeOf(item),
      rating: rating === undefined ? undefined : placeOf(rating),
      timestamp: timestamp === undefined ? undefined : placeOf(timestamp),
      attributes: own.places.map(placeOf),
    };
    return plain.skim(lines, places, before);
  };

  function* read(): Generator<void, number> {
    let withoutItem = 0;
    for (const row of files.rows(skimOf)) {
      if (files.wasFed()) yield;
      const [userId, itemId] = [ids.known(row.fields[user] ?? ''), row.fields[item] ?? ''];
      const rated = rating === undefined ? NONE : parseRating(row.fields[rating] ?? '', spec.decimal === ',');
      const time =
        timestamp === undefined ? NONE : parseTimestamp(row.fields[timestamp] ?? '', timestampUnit, spec.withoutYear);
      if (userId.trim() === '') reject(row, 'user is empty');
      else if (itemId.trim() === '') reject(row, 'item is empty');
      else if ('problem' in rated) reject(row, rated.problem);
      else if ('problem' in time) reject(row, time.problem);
      else if (hasItemFile && !ids.items.has(itemId)) {
        reject(row, NOT_IN_ITEMS);
        titles.dangling(itemId);
        withoutItem += 1;
      } else {
        const attributes = own.named(own.places.map((place) => row.fields[place] ?? ''));
        audit.look('interactions', attributes);
        const logIndex = files.logIndex(row);
        const [of, at] = [ids.item(itemId), ids.user(userId)];
        const [stars, seconds] = [rated.value ?? Number.NaN, time.value ?? Number.NaN];
        const packed = packedAttributes(attributes);
        files.count('rows');
        if (!repeats) add(at, of, stars, seconds, logIndex, packed);
        else {
          const one = { user: at, item: of, rating: stars, timestamp: seconds, line: logIndex, attributes: packed };
          repeats.add(one, files.tally);
        }
      }
    }
    for (const { user: at, item: of, rating: stars, timestamp: seconds, line, attributes } of repeats?.kept() ?? []) {
      if (waiting.isFull) yield;
      add(at, of, stars, seconds, line, attributes);
    }
    take(waiting.take());
    return withoutItem;
  }
  return function* () {
    try {
      return yield* read();
    } finally {
      repeats?.close();
    }
  };
}

const NONE = { value: null };
