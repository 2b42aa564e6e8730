import { z } from 'zod';
import { LabelRule } from './label-rule.js';

/** Where a value stands in a row: the header's name for it, or its index from 0; in JSON lines its key; in Parquet its name or index. */
export const Column = z.union([z.string().min(1), z.number().int().nonnegative()]);
export type Column = z.infer<typeof Column>;

/** A name that a template can write. */
export const AttributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name is letters, digits and _, and begins with a letter');

const attributes = z.record(AttributeName, Column);

/** A run of 0/1 columns that becomes one attribute: the names of the columns that hold 1, joined by "|". */
const Flags = z.strictObject({
  from: z.number().int().nonnegative(), // index of the first flag column, from 0
  names: z.array(z.string().min(1)).min(1), // one a column
});

/** How the bytes of a file are read. utf-8 gives way to a byte order mark of UTF-16; utf-16 without a mark is told by its zeros. */
export const Encoding = z.enum(['utf-8', 'latin-1', 'windows-1252', 'utf-16']);
export type Encoding = z.infer<typeof Encoding>;

const fileName = z.string().min(1);

const file = {
  // Relative to the log's folder: a file, a folder with files, a pattern (ratings-*.csv), or a list of these. What ends in .gz or
  // .zst is unpacked as it is read, and need not be said: x.csv is x.csv.gz where that alone is there.
  file: z.union([fileName, z.array(fileName).min(1)]),
  format: z.enum(['delimited', 'json-lines', 'json', 'python-lines', 'parquet']).default('delimited'),
  each: z.string().min(1).optional(), // of JSON: the key of a list whose objects are rows
  absent: z.enum(['error', 'empty']).optional(), // attributes that the file does not have: an error without it
  // The next six tell how a delimited file is cut; JSON is UTF-8.
  delimiter: z
    .string()
    .min(1)
    .regex(/^[^"\r\n]+$/, 'a delimiter holds neither a quote nor a line end')
    .default(','),
  skipLines: z.number().int().positive().optional(), // lines above the header, or above the first row: a title, comments of the program that wrote it
  header: z.union([z.boolean(), z.literal('auto')]).default(true), // whether the first row names the columns; auto: told by what stands there
  quote: z.enum(['"', 'none']).default('"'), // none: a quote is a character like any other
  overflow: z.literal('last').optional(), // a row with too many fields: the rest, delimiters and all, belongs to the last column
  escape: z.literal('\\').optional(), // before a quote in a quoted field: the quote is one of the text
  encoding: Encoding.default('utf-8'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'a sha256 is 64 hexadecimal digits in lower case')
    .optional(), // of the file as its owner publishes it; another one is a warning
};

const missing = z.array(z.string()).default([]); // values that mean "not known", e.g. NULL: the attribute is then empty
/** How a time is written: since 1970 in a unit, as ISO 8601, or by a pattern such as "MM/DD/YYYY h:mm:ss A" (sources/time-pattern.ts). */
const timestampUnit = z
  .union([
    z.enum(['seconds', 'milliseconds', 'microseconds', 'iso']),
    z
      .string()
      .regex(
        /YYYY|YY/,
        'a time is in seconds, milliseconds, microseconds, iso, or a pattern with YYYY, e.g. MM/DD/YYYY h:mm:ss A',
      ),
  ])
  .default('seconds');

/** How times are written that do not say their year, and which one that is, e.g. "Posted November 5." of the year in which a log was collected. */
const WithoutYear = z.strictObject({
  pattern: z
    .string()
    .regex(
      /^(?!.*YY).*D/s,
      'a time without a year is written by a pattern with D and without YYYY, e.g. [Posted ]MMMM D[.]',
    ),
  year: z.number().int().min(1970).max(9999),
});
export type WithoutYear = z.infer<typeof WithoutYear>;

const described = {
  attributes: attributes.default({}),
  flags: z.record(AttributeName, Flags).default({}),
  missing,
};

export const InteractionsSpec = z
  .strictObject({
    ...file,
    format: z.enum([...file.format.unwrap().options, 'sequences', 'impressions', 'sections']).default('delimited'),
    columns: z.strictObject({
      user: Column,
      item: Column,
      rating: Column.optional(), // without it: implicit feedback
      timestamp: Column.optional(),
    }),
    history: Column.optional(), // of impressions: items that the user clicked before, which are interactions too, without a time of their own
    decimal: z.literal(',').optional(), // ratings are written with a comma in the place of the point
    timestampUnit,
    withoutYear: WithoutYear.optional(), // such times are rejected without it
    repeats: z.enum(['all', 'first', 'last', 'mean']).optional(), // of a user and an item: all stay, one does, or their mean rating; all without it
    attributes: attributes.default({}), // what one event has of its own: a review, a count of plays, ...
    missing,
  })
  .superRefine(fitsFormat);
export type InteractionsSpec = z.infer<typeof InteractionsSpec>;

export const ItemsSpec = z
  .strictObject({
    ...file,
    columns: z.strictObject({ item: Column, title: Column }),
    html: z.literal('decode').optional(), // titles and attributes are read as a web page shows them: no entities, no tags
    again: z.enum(['reject', 'merge']).optional(), // a row of an item that was there: merge where the file is one of events
    ...described,
  })
  .superRefine(fitsFormat);
export type ItemsSpec = z.infer<typeof ItemsSpec>;

export const UsersSpec = z
  .strictObject({ ...file, columns: z.strictObject({ user: Column }), ...described })
  .superRefine(fitsFormat);
export type UsersSpec = z.infer<typeof UsersSpec>;

/** A file that names tags by id; the tag file then holds ids. */
export const TagNamesSpec = z
  .strictObject({ ...file, columns: z.strictObject({ tag: Column, name: Column }) })
  .superRefine(fitsFormat);
export type TagNamesSpec = z.infer<typeof TagNamesSpec>;

/** One row each time that a tag was put on an item; they become the item's attributes "tags" and "tagTimes". */
export const TagsSpec = z
  .strictObject({
    ...file,
    columns: z.strictObject({
      item: Column,
      tag: Column,
      user: Column.optional(), // with it, a tag counts once a user
      timestamp: Column.optional(),
    }),
    timestampUnit,
    most: z.number().int().positive().default(5), // tags kept of an item, the most frequent
    names: TagNamesSpec.optional(),
  })
  .superRefine(fitsFormat);
export type TagsSpec = z.infer<typeof TagsSpec>;

/** A file of texts that were written elsewhere: not part of source.yaml, and read as its tables are. */
export const TextsFile = z.strictObject({
  ...file,
  columns: z.strictObject({ id: Column, text: Column }).default({ id: 'id', text: 'text' }),
});
export type TextsFile = z.infer<typeof TextsFile>;

/** What the tags of an item become. */
export const TAG_ATTRIBUTES = ['tags', 'tagTimes'] as const;

/** source.yaml: which files a log has and what their columns mean (docs/formats.md). */
export const SourceSpec = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'an id is small letters, digits, ".", "_" and "-"'),
    title: z.string().min(1),
    terms: z.string().min(1), // what the log's owner allows, in one or two sentences
    homepage: z.string().optional(),
    label: LabelRule.optional(), // for recipes that say none
    interactions: InteractionsSpec,
    items: ItemsSpec.optional(),
    users: UsersSpec.optional(),
    tags: TagsSpec.optional(),
  })
  .superRefine(tagsHaveRoom)
  .superRefine(meanNeedsRatings);
export type SourceSpec = z.infer<typeof SourceSpec>;

/**
 * Columns that a file of impressions gets beside its own: "1" or "0"; the place in the list that was shown, from 1; "1" for a click of the history, whose
 * place is empty and whose time is that of the impression at which the history stands.
 */
export const IMPRESSION_COLUMNS = ['clicked', 'position', 'past'] as const;

/** The column that a file of sections gets before its own: the id that stands above the rows. */
export const SECTION_COLUMN = 'section';

/** What every file of a log has. */
export type FileSpec = Pick<
  InteractionsSpec,
  | 'file'
  | 'format'
  | 'each'
  | 'absent'
  | 'delimiter'
  | 'skipLines'
  | 'header'
  | 'quote'
  | 'escape'
  | 'overflow'
  | 'encoding'
  | 'sha256'
>;

type AnyTable = Omit<FileSpec, 'sha256' | 'file'> & {
  columns: Record<string, Column | undefined>;
  attributes?: Record<string, Column>;
  flags?: Record<string, unknown>;
  history?: Column | undefined;
};

/** Columns are named as the file's format names them, and nothing is said that another format has. */
function fitsFormat(table: AnyTable, context: z.RefinementCtx): void {
  const complain = (path: string[], message: string, fix: string): void =>
    context.addIssue({ code: 'custom', path, message, params: { fix } });
  const columns = (['columns', 'attributes'] as const).flatMap((group) =>
    Object.entries(table[group] ?? {}).map(([name, column]) => ({ path: [group, name], column })),
  );
  const isJson = table.format === 'json-lines' || table.format === 'json' || table.format === 'python-lines';
  const notFor = (keys: readonly ('delimiter' | 'header' | 'quote' | 'encoding')[]): void => {
    for (const key of keys) {
      if (table[key] === file[key].def.defaultValue) continue;
      complain([key], `"${key}" is for delimited files, and the format of this one is ${table.format}`, 'leave it out');
    }
  };
  if (table.skipLines !== undefined && (isJson || table.format === 'parquet')) {
    complain(
      ['skipLines'],
      `"skipLines" is for files of lines, and the format of this one is ${table.format}`,
      'leave it out',
    );
  }
  if (table.each !== undefined && !isJson) {
    complain(['each'], `"each" is for JSON, and the format of this file is ${table.format}`, 'leave it out');
  }
  if (table.overflow !== undefined && (isJson || table.format === 'parquet' || table.format === 'sequences')) {
    complain(
      ['overflow'],
      `"overflow" is for delimited files, and the format of this one is ${table.format}`,
      'leave it out',
    );
  }
  if (table.history !== undefined && table.format !== 'impressions') {
    complain(
      ['history'],
      `"history" is for impressions, and the format of this file is ${table.format}`,
      'leave it out',
    );
  }
  if (table.escape !== undefined && table.quote === 'none') {
    complain(['escape'], 'an escape is for quotes, and this file has none', 'leave it out, or quote: none');
  }
  if (table.format === 'parquet') {
    notFor(['delimiter', 'header', 'quote', 'encoding']);
    if (Object.keys(table.flags ?? {}).length > 0) {
      complain(['flags'], 'flags are columns side by side of a delimited file', 'name the columns as attributes');
    }
  } else if (table.format === 'sequences') {
    notFor(['header', 'quote']);
    const isRow = columns.length === 2 && table.columns.user === 0 && table.columns.item === 1;
    if (!isRow) complain(['columns'], 'a sequence is a user and items alone', 'write columns: { user: 0, item: 1 }');
  } else if (isJson) {
    notFor(table.format === 'json' ? ['delimiter', 'header', 'quote', 'encoding'] : ['delimiter', 'header', 'quote']);
    if (Object.keys(table.flags ?? {}).length > 0) {
      complain(['flags'], 'flags are columns side by side, and JSON has none', 'name the key as an attribute');
    }
    for (const { path, column } of columns) {
      if (typeof column !== 'number') continue;
      complain(path, `${column} is an index, and JSON has keys`, 'write the key, e.g. title, or details.colour');
    }
  } else if (table.header !== true) {
    for (const { path, column } of columns) {
      if (typeof column !== 'string') continue;
      if (table.format === 'impressions' && (IMPRESSION_COLUMNS as readonly string[]).includes(column)) continue;
      if (table.format === 'sections' && column === SECTION_COLUMN) continue;
      const message = `"${column}" is the name of a column, and this file has no header${table.header === 'auto' ? ' that is sure' : ''}`;
      complain(path, message, "write the column's index, from 0, or header: true");
    }
  }
}

function meanNeedsRatings(
  { interactions: { repeats, columns } }: { interactions: InteractionsSpec },
  context: z.RefinementCtx,
): void {
  if (repeats !== 'mean' || columns.rating !== undefined) return;
  const params = { fix: 'name the rating column, or write first or last' };
  context.addIssue({
    code: 'custom',
    path: ['interactions', 'repeats'],
    message: 'there is no rating to take the mean of',
    params,
  });
}

/** Tags are attributes of the items of an item file, which has no others of their names. */
function tagsHaveRoom(
  { tags, items }: { tags?: unknown; items?: ItemsSpec | undefined },
  context: z.RefinementCtx,
): void {
  if (tags === undefined) return;
  const complain = (path: string[], message: string, fix: string): void =>
    context.addIssue({ code: 'custom', path, message, params: { fix } });
  if (!items) complain(['tags'], 'tags need items, and this log has no item file', 'name the item file: items');
  for (const group of ['attributes', 'flags'] as const) {
    for (const name of TAG_ATTRIBUTES) {
      if (!items || !Object.hasOwn(items[group], name)) continue;
      complain(['items', group, name], `"${name}" is what the tags become`, 'rename this attribute');
    }
  }
}
