import type { Database } from 'better-sqlite3';

const ROWS = 4096; // of a block

/**
 * Interactions lie in blocks of columns, users and items in them by their position: SQLite takes 1.4 million rows of numbers a second,
 * and ten million in blocks; they are read as fast. Attributes stay row by row, since reviews are asked for line by line.
 * Users and items are numbered from 0 each, and have that number as their key: nobody asks for them by id, and ids come in any order,
 * which made their insertion slow. Whether an id is there once is up to the import, which knows all of them.
 * Rows of a log too large for SQLite lie in a file, and its source names it.
 */
export function interactionsInBlocks(database: Database): void {
  database.exec(NEW_TABLES);
  const keys = database.prepare('select source_key from sources order by source_key').pluck().all() as number[];
  for (const key of keys) packBlocks(database, key);
  database.exec(OLD_ROWS);
}

const NEW_TABLES = `
alter table sources add column log_file text; -- name of the file in logs/ that has the interactions; null: they are here

create table interaction_blocks (
  block_key integer primary key,
  source_key integer not null references sources on delete cascade,
  first_line integer not null, -- log_index of the first row
  size integer not null check (size > 0), -- rows
  users blob not null, -- position of each row's user, 32 bits, the lowest byte first
  items blob not null, -- as users
  ratings blob, -- NaN: none; floating point of 64 bits, or of 32 where that is exact: the length tells; null: no row has one
  timestamps blob, -- seconds since 1970, UTC; as ratings, or whole numbers of 32 bits; null: no row has one
  lines blob -- log_index of each row, as users; null: one line after the other
) strict;
create unique index interaction_blocks_by_line on interaction_blocks (source_key, first_line);

create table interaction_attributes (
  source_key integer not null references sources on delete cascade,
  log_index integer not null,
  attributes text not null check (json_valid(attributes)),
  primary key (source_key, log_index)
) strict, without rowid;
insert into interaction_attributes
  select source_key, log_index, attributes from interactions where attributes is not null order by source_key, log_index;

update users set position = numbered.place from (
  select source_key, id, row_number() over (partition by source_key order by position) - 1 as place from users
) numbered where numbered.source_key = users.source_key and numbered.id = users.id;
update items set position = numbered.place from (
  select source_key, id, row_number() over (partition by source_key order by position) - 1 as place from items
) numbered where numbered.source_key = items.source_key and numbered.id = items.id;
`;

const OLD_ROWS = `
drop table interactions;

create table users_by_position (
  source_key integer not null references sources on delete cascade,
  position integer not null, -- from 0: order in the file, then of first appearance in the log
  id text not null check (id <> ''),
  attributes text not null check (json_valid(attributes)),
  primary key (source_key, position)
) strict, without rowid;
insert into users_by_position select source_key, position, id, attributes from users order by source_key, position;
drop table users;
alter table users_by_position rename to users;

create table items_by_position (
  source_key integer not null references sources on delete cascade,
  position integer not null,
  id text not null check (id <> ''),
  title text not null,
  attributes text not null check (json_valid(attributes)),
  primary key (source_key, position)
) strict, without rowid;
insert into items_by_position select source_key, position, id, title, attributes from items order by source_key, position;
drop table items;
alter table items_by_position rename to items;
`;

type OldRow = [line: number, user: number, item: number, rating: number | null, timestamp: number | null];

function packBlocks(database: Database, key: number): void {
  const page = database
    .prepare<[number, number, number], OldRow>(
      `select log_index, users.position, items.position, rating, timestamp from interactions
         join users on users.source_key = interactions.source_key and users.id = user_id
         join items on items.source_key = interactions.source_key and items.id = item_id
       where interactions.source_key = ? and log_index > ? order by log_index limit ?`,
    )
    .raw();
  const insert = database.prepare(
    `insert into interaction_blocks (source_key, first_line, size, users, items, ratings, timestamps, lines)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (let after = -1; ; ) {
    const rows = page.all(key, after, ROWS) as unknown as OldRow[];
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return;
    after = last[0];
    const doubles = (at: 3 | 4): Uint8Array | null =>
      rows.every((row) => row[at] === null) ? null : bytes(Float64Array.from(rows, (row) => row[at] ?? Number.NaN));
    insert.run(
      key,
      first[0],
      rows.length,
      bytes(Uint32Array.from(rows, (row) => row[1])),
      bytes(Uint32Array.from(rows, (row) => row[2])),
      doubles(3),
      doubles(4),
      after === first[0] + rows.length - 1 ? null : bytes(Uint32Array.from(rows, (row) => row[0])),
    );
  }
}

function bytes({ buffer }: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer);
}
