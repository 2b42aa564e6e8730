import type { Database } from 'better-sqlite3';

const ROWS = 1024; // of a block
const NONE = 0xffffffff;
const MOST_TEXT = 1 << 20; // characters of a block

/**
 * Instructions lie in blocks of columns, as interactions do since migration 0016 (docs/decisions/0016): a row of 16 columns, staged and
 * then taken over, took a quarter of the time of a build. Nobody asks for rows by what stands in them but for the lines of a user, and
 * a block says which users it has: runs of rows by user are gone.
 */
export function instructionsInBlocks(database: Database): void {
  database.exec(NEW_TABLE);
  const splits = database
    .prepare('select distinct version_key, split from instructions order by version_key, split')
    .raw()
    .all() as [number, string][];
  for (const [version, split] of splits) packBlocks(database, version, split);
  database.exec('drop table instruction_runs; drop table instructions');
}

const NEW_TABLE = `
create table instruction_blocks (
  block_key integer primary key,
  version_key integer not null references dataset_versions on delete cascade,
  split text not null check (split in ('train', 'valid', 'test')),
  first_row integer not null, -- number of the first row
  size integer not null check (size > 0), -- rows
  row_numbers blob, -- number of each row; null: one after the other
  -- Blobs are columns of whole numbers: a byte that says how wide they are (1, 2, 4 bytes, the lowest first, or 8: floating point;
  -- and 16 when all are the one that stands there), and the numbers. Names are JSON arrays, *_of say which of them each row has.
  users text not null,
  user_of blob not null,
  items text not null, -- targets
  item_of blob not null,
  templates text not null, -- "VERSION ID"
  template_of blob not null,
  labels blob not null, -- 1 liked, 0 not, 2 none
  characters blob not null, -- code points of each prompt
  line_counts blob not null, -- how many lines of the log each row has; 0: its history is that of the row before without the first item and
  -- with its target behind: of lines and labels the target and the last label stand there alone
  lines blob not null, -- log_index of the target, then of the history, oldest first, row by row
  fingerprints_low blob not null, -- of prompt and answer, 32 bits
  fingerprints_high blob not null, -- 32 bits more, or as many as fingerprint_bits leaves
  fingerprint_bits integer not null, -- 64, or 53 of rows that were kept before
  answers text not null, -- JSON of [scored, choices, candidates] or null
  answer_of blob not null,
  parent_rows blob, -- row in the parent version; 2^32 - 1: none; null: no row has one
  label_counts blob, -- how many labels the history of each row has; null: one for each of its lines but the target
  history_labels blob not null, -- of each item of the histories, row by row, as labels
  parts blob not null, -- begin and end of the instruction and of the input in the prompt, in bytes; begin 2^32 - 1: end is a place in own_parts
  own_parts text, -- JSON array of those that the prompt does not hold
  line_lengths blob not null, -- of the rows' lines in the sealed file of the split, in bytes; 0: the row stands in own_texts
  first_begin integer not null, -- where the line of the first row begins there
  line_begins blob, -- where each begins; null: each where the one before ends
  own_texts text -- a JSON text [values, history, answer, prompt] a line; null: all are in the sealed file
) strict;
create unique index instruction_blocks_by_row on instruction_blocks (version_key, split, first_row);
`;

interface OldRow {
  readonly row: number;
  readonly user: string;
  readonly item: string;
  readonly label: number | null;
  readonly template: string;
  readonly templateVersion: number;
  readonly lines: string;
  readonly parent: number | null;
  readonly fingerprint: number;
  readonly characters: number;
  readonly begin: number | null;
  readonly length: number | null;
  readonly shape: string;
  readonly answers: string | null;
  readonly text: string | null;
}

function packBlocks(database: Database, version: number, split: string): void {
  const page = database.prepare<[number, string, number, number], OldRow>(
    `select row, user_id as user, item_id as item, label, template_id as template, template_version as templateVersion, lines,
       parent_row as parent, fingerprint, characters, line_begin as "begin", line_length as length, shape, answers, own_text as text
     from instructions where version_key = ? and split = ? and row > ? order by row limit ?`,
  );
  const insert = database.prepare(
    `insert into instruction_blocks (version_key, split, first_row, size, row_numbers, users, user_of, items, item_of, templates,
       template_of, labels, characters, line_counts, lines, fingerprints_low, fingerprints_high, fingerprint_bits, answers, answer_of,
       parent_rows, label_counts, history_labels, parts, own_parts, line_lengths, first_begin, line_begins, own_texts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 53, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (let after = -1; ; ) {
    const found = page.all(version, split, after, ROWS);
    if (found.length === 0) return;
    let text = 0;
    const end = found.findIndex((row) => {
      text += (row.text?.length ?? 0) + (row.answers?.length ?? 0);
      return text >= MOST_TEXT;
    });
    const rows = end < 0 ? found : found.slice(0, end + 1);
    const [first, last] = [rows[0] as OldRow, rows.at(-1) as OldRow];
    after = last.row;
    const users = named(rows, ({ user }) => user);
    const items = named(rows, ({ item }) => item);
    const templates = named(rows, ({ template, templateVersion }) => `${templateVersion} ${template}`);
    const answers = named(rows, (row) => row.answers ?? 'null');
    const lines = rows.map((row) => row.lines.split(' ').map(Number));
    const shapes = rows.map(({ shape }) => JSON.parse(shape) as [string, Part, Part]);
    const own: string[] = [];
    const parts = shapes.flatMap(([, ...both]) =>
      both.flatMap((part) => (part === '' ? [0, 0] : typeof part === 'string' ? [NONE, own.push(part) - 1] : part)),
    );
    const texts = rows.flatMap((row) => row.text ?? []);
    insert.run(
      version,
      split,
      first.row,
      rows.length,
      last.row === first.row + rows.length - 1 ? null : whole(rows.map(({ row }) => row)),
      users.names,
      users.of,
      items.names,
      items.of,
      templates.names,
      templates.of,
      whole(rows.map(({ label }) => label ?? 2)),
      whole(rows.map(({ characters }) => characters)),
      whole(lines.map(({ length }) => length)),
      whole(lines.flat()),
      whole(rows.map(({ fingerprint }) => fingerprint % 2 ** 32)),
      whole(rows.map(({ fingerprint }) => Math.floor(fingerprint / 2 ** 32))),
      answers.names,
      answers.of,
      rows.every(({ parent }) => parent === null) ? null : whole(rows.map(({ parent }) => parent ?? NONE)),
      whole(shapes.map(([labels]) => labels.length)),
      whole(shapes.flatMap(([labels]) => Array.from(labels, (label) => (label === '-' ? 2 : Number(label))))),
      whole(parts),
      own.length === 0 ? null : JSON.stringify(own),
      whole(rows.map(({ length }) => length ?? 0)),
      first.begin ?? 0,
      column(
        8,
        Float64Array.from(rows, ({ begin }) => begin ?? 0),
      ),
      texts.length === 0 ? null : texts.join('\n'),
    );
  }
}

/** Bytes of the prompt, or the text itself. */
type Part = [begin: number, end: number] | string;

function named(rows: readonly OldRow[], nameOf: (row: OldRow) => string): { names: string; of: Uint8Array } {
  const places = new Map<string, number>();
  const of = rows.map((row) => {
    const name = nameOf(row);
    const known = places.get(name) ?? places.size;
    places.set(name, known);
    return known;
  });
  return { names: JSON.stringify([...places.keys()]), of: whole(of) };
}

function whole(numbers: readonly number[]): Uint8Array {
  return column(4, Uint32Array.from(numbers));
}

function column(width: number, { buffer }: Uint32Array | Float64Array): Uint8Array {
  const packed = new Uint8Array(1 + buffer.byteLength);
  packed[0] = width;
  packed.set(new Uint8Array(buffer), 1);
  return packed;
}
