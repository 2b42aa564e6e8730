import type { PersonalCount, SideChecks, Source } from '../core/source.js';
import type { SourceSpec } from '../core/source-spec.js';
import type { SourceWriter } from '../store/source-imports.js';
import type { Growth } from './growth.js';
import { interactionReader } from './interaction-reader.js';
import { type FileTally, LogFiles, labelOf } from './log-files.js';
import { LogIds } from './log-ids.js';
import { lackWarning } from './open-file.js';
import { PersonalAudit } from './personal-audit.js';
import { isMarkWarning, type LogSummary, markWarning, type Reading, rejectText, strangersWarning } from './read-log.js';
import { TitleChecks } from './title-checks.js';

/** What came cannot be told from what is there: the log is read as a whole. */
export class ReadAll extends Error {}

/** What the store has of a source. */
export interface KnownRows {
  readonly source: Source;
  readonly userIds: readonly string[]; // by position
  readonly itemIds: readonly string[];
}

/**
 * Reads what came to a log, and tells of the whole log what readLog would tell.
 *
 * writer  takes users and items behind those that are known, and the new interactions and rejects
 * throws  RectuneError as readLog, and ReadAll
 */
export function* readGrowth(
  folder: string,
  spec: SourceSpec,
  growth: Growth,
  { source, userIds, itemIds }: KnownRows,
  writer: SourceWriter,
  onBytes: (file: string, bytes: number) => void,
  { pseudonym }: Reading = {},
): Generator<void, LogSummary> {
  const ids = new LogIds(writer, pseudonym);
  for (const [position, id] of userIds.entries()) ids.users.set(id, position);
  for (const [position, id] of itemIds.entries()) ids.items.set(id, position);
  const [titles, audit] = [new TitleChecks(), new PersonalAudit()];
  const files = new LogFiles(
    folder,
    growth.names,
    spec.interactions,
    (file, { line, offset }, reason, text) => {
      writer.reject({ file, line, offset, reason, text: rejectText(text, pseudonym !== undefined) });
    },
    onBytes,
    growth.place,
  );
  try {
    onBytes(growth.last.name, growth.last.bytes);
    const hasItemFile = spec.items !== undefined;
    const take = writer.columns.bind(writer);
    yield* interactionReader(files, spec.interactions, { ids, hasItemFile, titles, audit, take })();
    const log = [
      ...logOf(source).slice(0, -1),
      whole(growth, files.tallies[0] as FileTally),
      ...files.tallies.slice(1),
    ];
    const roles = new Set(source.files.map(({ role }) => role));
    const tallies = new Map([...roles].map((role) => [role, source.files.filter((file) => file.role === role)]));
    return {
      tallies: new Map<string, readonly FileTally[]>([...tallies, ['interactions', log]]) as LogSummary['tallies'],
      items: ids.items.size,
      users: ids.users.size,
      warnings: warningsOf(source, spec, log, ids, files),
      checks: source.checks && checksOf(source.checks, titles.finish()),
      personal: added(source.personal ?? [], audit.finish()),
    };
  } finally {
    files.close();
  }
}

function logOf({ files }: Source): FileTally[] {
  return files.filter(({ role }) => role === 'interactions');
}

/** What there was of a file and what came to it. */
function whole({ last, place }: Growth, came: FileTally): FileTally {
  if (place.from === undefined) return last;
  return {
    name: last.name,
    before: last.before,
    rows: last.rows + came.rows,
    rejects: last.rejects + came.rejects,
    unreadable: last.unreadable + came.unreadable,
    merged: last.merged + came.merged,
    emptyLines: last.emptyLines + came.emptyLines,
    bytes: last.bytes + came.bytes,
  };
}

/** Titles are as they were. Of items that interactions lacked only the number is known, so a second one may be the same. */
function checksOf(were: SideChecks, came: SideChecks): SideChecks {
  if (came.danglingItems.count === 0) return were;
  if (were.danglingItems.count > 0) throw new ReadAll();
  return { ...were, danglingItems: came.danglingItems };
}

function added(were: readonly PersonalCount[], came: readonly PersonalCount[]): PersonalCount[] {
  const fields = new Map(were.map((one) => [one.field, one]));
  for (const { field, texts, mails, phones, addresses } of came) {
    const one = fields.get(field) ?? { texts: 0, mails: 0, phones: 0, addresses: 0 };
    fields.set(field, {
      field,
      mails: one.mails + mails,
      phones: one.phones + phones,
      addresses: one.addresses + addresses,
      texts: one.texts + texts,
    });
  }
  return [...fields.values()];
}

/** Those that there were, with the numbers of now: rows without item, users without row, files with a mark. */
function warningsOf(
  source: Source,
  spec: SourceSpec,
  log: readonly FileTally[],
  ids: LogIds,
  files: LogFiles,
): string[] {
  const labelOfRole = (role: string): string =>
    labelOf(source.files.filter((file) => file.role === role).map(({ name }) => name));
  const told = (all: readonly FileTally[], users: number): string[] => {
    const label = labelOf(all.map(({ name }) => name));
    const seen = all.reduce((sum, { rows, rejects, merged }) => sum + rows + rejects + merged, 0);
    const lacking = all.reduce((sum, { rejects, unreadable }) => sum + rejects - unreadable, 0); // of interactions: for want of an item
    const known = source.files.filter(({ role }) => role === 'users').reduce((sum, { rows }) => sum + rows, 0);
    return [
      ...(spec.items ? lackWarning(lacking, { seen, label }, labelOfRole('items')) : []),
      ...(spec.users ? strangersWarning(users - known, label, labelOfRole('users')) : []),
    ];
  };
  const were = told(logOf(source), source.counts.users);
  const others = source.warnings.filter((warning) => !were.includes(warning));
  if (others.length + were.length !== source.warnings.length) throw new ReadAll(); // written by a program of before
  const marks = others.findIndex(isMarkWarning);
  const at = marks < 0 ? others.length : marks;
  const came = files.doubtful.filter((name) => name !== log[logOf(source).length - 1]?.name).map(markWarning);
  return [...others.slice(0, at), ...told(log, ids.users.size), ...others.slice(at), ...came];
}
