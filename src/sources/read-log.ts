import { fromHtml } from '../core/from-html.js';
import type { Item } from '../core/interaction.js';
import type { PersonalCount, SideChecks, SourceFile } from '../core/source.js';
import type { FileSpec, ItemsSpec, SourceSpec, TagsSpec } from '../core/source-spec.js';
import type { SourceWriter } from '../store/source-imports.js';
import { attributeReader } from './attributes.js';
import { interactionReader } from './interaction-reader.js';
import { type FileTally, LogFiles } from './log-files.js';
import { LogIds } from './log-ids.js';
import { lackWarning } from './open-file.js';
import { PersonalAudit } from './personal-audit.js';
import { tagReader } from './read-tags.js';
import { TitleChecks } from './title-checks.js';

const NOT_KEPT = '(not kept: the ids of users are pseudonyms)';
const TEXT = 500; // characters of a reject's text

type Role = SourceFile['role'];

/** What came of reading a log. */
export interface LogSummary {
  readonly tallies: ReadonlyMap<Role, readonly FileTally[]>; // of a table's files, in the order in which they were read
  readonly items: number;
  readonly users: number;
  readonly warnings: readonly string[];
  readonly checks: SideChecks | undefined; // of a log with an item file
  readonly personal: readonly PersonalCount[];
}

/** How rows are changed as they are read. */
export interface Reading {
  readonly pseudonym?: ((userId: string) => string) | undefined; // in the place of a user's id; rejects then keep no text
  readonly scratch?: string | undefined; // a folder for what does not stay in memory; the system's without it
}

/**
 * Reads a log's files: items, their tags and users first, then the interactions.
 * - An id that a file names again is rejected: the first row counts.
 * - An interaction whose item is not in the item file is rejected: without a title no prompt can be made of it.
 *   Without an item file every item of the log is one, and its id is its title.
 * - Tags become attributes of the items (read-tags.ts).
 * - A user of the log that the user file does not have is kept, without attributes, and a warning tells how many.
 *
 * It pauses about once a megabyte, by a step of the generator; when it is ended there, the files are closed.
 *
 * names   the files of each table, relative to the folder
 * throws  RectuneError 'data' for a file or a column that is not there
 */
export function readLog(
  folder: string,
  spec: SourceSpec,
  names: ReadonlyMap<Role, readonly string[]>,
  writer: SourceWriter,
  onBytes: (file: string, bytes: number) => void,
  reading: Reading = {},
): Generator<void, LogSummary> {
  return new LogReader(folder, spec, names, writer, onBytes, reading).read();
}

/** What is kept of the text of a reject. */
export function rejectText(text: string, isPseudonymous: boolean): string {
  return isPseudonymous ? NOT_KEPT : text.slice(0, TEXT);
}

/** Tells how many users of a log have no row; nothing when all have one. */
export function strangersWarning(strangers: number, log: string, users: string): string[] {
  return strangers > 0 ? [`${strangers} users of ${log} are not in ${users}: they are kept, without attributes`] : [];
}

const MARKED = ' begins with a UTF-8 byte order mark, and source.yaml says another encoding';

export function markWarning(file: string): string {
  return file + MARKED;
}

export function isMarkWarning(warning: string): boolean {
  return warning.endsWith(MARKED);
}

class LogReader {
  readonly #folder: string;
  readonly #spec: SourceSpec;
  readonly #names: ReadonlyMap<Role, readonly string[]>;
  readonly #writer: SourceWriter;
  readonly #onBytes: (file: string, bytes: number) => void;
  readonly #ids: LogIds;
  readonly #pseudonym: ((userId: string) => string) | undefined;
  readonly #scratch: string | undefined;
  readonly #warnings: string[] = [];
  readonly #titles = new TitleChecks();
  readonly #audit = new PersonalAudit();
  readonly #opened = new Map<Role, LogFiles>();
  readonly #waiting: Item[] = []; // read, and not written yet

  constructor(
    folder: string,
    spec: SourceSpec,
    names: ReadonlyMap<Role, readonly string[]>,
    writer: SourceWriter,
    onBytes: (file: string, bytes: number) => void,
    { pseudonym, scratch }: Reading,
  ) {
    this.#scratch = scratch;
    this.#pseudonym = pseudonym;
    this.#ids = new LogIds(writer, pseudonym);
    this.#folder = folder;
    this.#spec = spec;
    this.#names = names;
    this.#writer = writer;
    this.#onBytes = onBytes;
  }

  *read(): Generator<void, LogSummary> {
    try {
      return yield* this.#readAll();
    } finally {
      for (const files of this.#opened.values()) files.close();
    }
  }

  /** All files are opened first: a missing column is told before the first row is read. */
  *#readAll(): Generator<void, LogSummary> {
    const items = this.#spec.items && this.#open('items', this.#spec.items);
    const users = this.#spec.users && this.#open('users', this.#spec.users);
    const tags = this.#spec.tags && this.#open('tags', this.#spec.tags);
    const names = this.#spec.tags?.names && this.#open('tagNames', this.#spec.tags.names);
    const log = this.#open('interactions', this.#spec.interactions);
    const fromItems = items && this.#itemReader(items);
    const fromUsers = users && this.#userReader(users);
    const fromTags = tags && this.#taggedReader(tags, names);
    const fromLog = interactionReader(log, this.#spec.interactions, {
      ids: this.#ids,
      hasItemFile: items !== undefined,
      titles: this.#titles,
      audit: this.#audit,
      take: (rows) => this.#writer.columns(rows),
      scratch: this.#scratch,
    });
    if (fromItems) yield* fromItems();
    if (fromTags) yield* fromTags();
    if (fromUsers) yield* fromUsers();
    this.#warnOf(yield* fromLog(), log);
    for (const files of this.#opened.values()) this.#warnOfMarks(files);
    const tallies = new Map([...this.#opened].map(([role, files]) => [role, files.tallies]));
    const checks = this.#spec.items && this.#titles.finish();
    const personal = this.#audit.finish();
    const [itemCount, userCount] = [this.#ids.items.size, this.#ids.users.size];
    return { tallies, items: itemCount, users: userCount, warnings: this.#warnings, checks, personal };
  }

  #open(role: Role, spec: FileSpec): LogFiles {
    const names = this.#names.get(role) as readonly string[];
    const files = new LogFiles(
      this.#folder,
      names,
      spec,
      (file, { line, offset }, reason, text) => {
        this.#writer.reject({ file, line, offset, reason, text: rejectText(text, this.#pseudonym !== undefined) });
      },
      this.#onBytes,
    );
    this.#opened.set(role, files);
    return files;
  }

  #label(role: Role): string {
    return this.#opened.get(role)?.label ?? role;
  }

  #warnOfMarks({ doubtful }: LogFiles): void {
    for (const name of doubtful) {
      this.#warnings.push(markWarning(name));
    }
  }

  #itemReader(files: LogFiles): () => Generator<void, void> {
    const spec = this.#spec.items as ItemsSpec;
    const [item, title] = [files.column(spec.columns.item), files.column(spec.columns.title)];
    const attributesOf = attributeReader(files, spec);
    const plain = spec.html === 'decode' ? fromHtml : (text: string) => text;
    const reject = files.reject.bind(files);
    return function* (this: LogReader) {
      let untitled = 0;
      for (const row of files.rows()) {
        if (files.wasFed()) yield;
        const [itemId = '', written = ''] = [row.fields[item], row.fields[title]];
        const text = plain(written);
        const attributes = attributesOf(row);
        if (itemId.trim() === '') reject(row, 'item is empty');
        else if (this.#ids.items.has(itemId)) {
          if (spec.again === 'merge') files.count('merged');
          else reject(row, 'item is named again');
        } else if (typeof attributes === 'string') reject(row, attributes);
        else {
          this.#ids.items.set(itemId, this.#ids.items.size); // a position, for they are handed over in this order
          this.#titles.title(itemId, text);
          for (const [name, value] of Object.entries(attributes)) attributes[name] = plain(value);
          this.#audit.look('items', attributes);
          const described = { itemId, title: text, attributes };
          if (this.#spec.tags) this.#waiting.push(described);
          else this.#writer.item(described);
          files.count('rows');
          if (text.trim() === '') untitled += 1;
        }
      }
      if (untitled > 0) this.#warnings.push(`${untitled} items of ${files.label} have an empty title`);
    }.bind(this);
  }

  /** Items wait for their tags, and tags for the items that there are. */
  #taggedReader(file: LogFiles, names: LogFiles | undefined): () => Generator<void, void> {
    const { tags: spec } = this.#spec as { tags: TagsSpec };
    const read = tagReader(spec, file, names, {
      label: this.#label('items'),
      has: (itemId) => this.#ids.items.has(itemId),
    });
    return function* (this: LogReader) {
      const { tags, warnings } = yield* read();
      this.#warnings.push(...warnings);
      for (const item of this.#waiting.splice(0)) {
        const own = tags.attributesOf(item.itemId, spec.most, spec.columns.timestamp !== undefined);
        this.#writer.item({ ...item, attributes: { ...item.attributes, ...own } });
      }
    }.bind(this);
  }

  #userReader(files: LogFiles): () => Generator<void, void> {
    const spec = this.#spec.users as NonNullable<SourceSpec['users']>;
    const user = files.column(spec.columns.user);
    const attributesOf = attributeReader(files, spec);
    const reject = files.reject.bind(files);
    return function* (this: LogReader) {
      for (const row of files.rows()) {
        if (files.wasFed()) yield;
        const userId = this.#ids.known(row.fields[user] ?? '');
        const attributes = attributesOf(row);
        if (userId.trim() === '') reject(row, 'user is empty');
        else if (this.#ids.users.has(userId)) reject(row, 'user is named again');
        else if (typeof attributes === 'string') reject(row, attributes);
        else {
          this.#audit.look('users', attributes);
          this.#ids.users.set(userId, this.#writer.user({ userId, attributes }));
          files.count('rows');
        }
      }
    }.bind(this);
  }

  #warnOf(withoutItem: number, log: LogFiles): void {
    const { items, users } = this.#spec;
    const { strangers } = this.#ids;
    if (items) this.#warnings.push(...lackWarning(withoutItem, log, this.#label('items')));
    if (!items) this.#warnings.push('the log has no item file: an item has its id as title');
    if (users) this.#warnings.push(...strangersWarning(strangers, log.label, this.#label('users')));
  }
}
