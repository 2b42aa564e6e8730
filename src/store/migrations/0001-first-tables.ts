/**
 * The first tables. Rules that hold for all of them:
 * - a table that other tables point at has a whole-number key, because a hash of 64 digits in each row costs more than the row;
 * - what nothing asks for by column stands as JSON in one column, parsed by its schema in core/ on the way out;
 * - rows are written after those they point at, so no constraint is deferred: with a deferred one SQLite looks through the whole
 *   child table at each parent row;
 * - a dataset version does not point at its source: it outlives an import that replaces the source, and holds that import's hash.
 *
 * instruction_interactions is a table and not JSON in the instruction, because the question goes both ways: from an instruction to
 * its log lines (primary key, in order), and from a log line to its instructions (index). JSON would make the second one a full scan.
 */
export const firstTables = `
create table sources (
  source_key integer primary key,
  id text not null unique,
  hash text not null,
  json text not null check (json_valid(json))
) strict;

create table source_files (
  source_key integer not null references sources on delete cascade,
  role text not null check (role in ('interactions', 'items', 'users')),
  name text not null,
  sha256 text not null,
  bytes integer not null,
  row_count integer not null,
  reject_count integer not null,
  empty_lines integer not null,
  primary key (source_key, role)
) strict, without rowid;

create table users (
  source_key integer not null references sources on delete cascade,
  position integer not null, -- order in the file, then of first appearance in the log
  id text not null check (id <> ''),
  attributes text not null check (json_valid(attributes)),
  primary key (source_key, id)
) strict, without rowid;

create table items (
  source_key integer not null references sources on delete cascade,
  position integer not null,
  id text not null check (id <> ''),
  title text not null,
  attributes text not null check (json_valid(attributes)),
  primary key (source_key, id)
) strict, without rowid;

create table interactions (
  source_key integer not null references sources on delete cascade,
  log_index integer not null check (log_index >= 0), -- physical line in the log, from 1
  user_id text not null,
  item_id text not null,
  rating real,
  timestamp integer check (timestamp >= 0), -- seconds since 1970, UTC
  primary key (source_key, log_index),
  foreign key (source_key, user_id) references users,
  foreign key (source_key, item_id) references items
) strict, without rowid;

create table rejects (
  reject_key integer primary key,
  source_key integer not null references sources on delete cascade,
  file text not null,
  line integer not null check (line >= 1),
  reason text not null,
  text text not null
) strict;
create index rejects_by_source on rejects (source_key);

create table dataset_versions (
  version_key integer primary key,
  hash text not null unique,
  name text not null,
  source_id text not null,
  newest integer not null unique, -- grows with each save; the largest of a name is what the name means
  built_at text not null,
  json text not null check (json_valid(json))
) strict;
create index dataset_versions_by_name on dataset_versions (name, newest);

create table instructions (
  instruction_key integer primary key,
  version_key integer not null references dataset_versions on delete cascade,
  split text not null check (split in ('train', 'valid', 'test')),
  row integer not null,
  user_id text not null,
  item_id text not null,
  label integer check (label in (0, 1)),
  template_id text not null,
  template_version integer not null,
  instruction text not null,
  input text not null,
  answer text not null,
  prompt text not null,
  marks text not null check (json_valid(marks)) -- [values, history, historyLabels]
) strict;
create unique index instructions_by_row on instructions (version_key, split, row);

create table instruction_interactions (
  instruction_key integer not null references instructions on delete cascade,
  position integer not null, -- 0: the target; from 1: the history, oldest first
  log_index integer not null,
  primary key (instruction_key, position)
) strict, without rowid;
create index instruction_interactions_by_line on instruction_interactions (log_index);

create table runs (
  run_key integer primary key,
  id text not null unique,
  version_hash text not null references dataset_versions (hash),
  started_at text not null,
  json text not null check (json_valid(json))
) strict;
create index runs_by_version on runs (version_hash);

create table run_events (
  run_key integer not null references runs on delete cascade,
  position integer not null,
  event text not null,
  json text not null check (json_valid(json)),
  primary key (run_key, position)
) strict, without rowid;

create table prediction_sets (
  set_key integer primary key,
  id text not null unique,
  version_hash text not null references dataset_versions (hash),
  split text not null check (split in ('train', 'valid', 'test')),
  model_hash text not null,
  adapter_hash text,
  run_id text references runs (id) on delete cascade,
  label_mass real not null,
  made_at text not null
) strict;
create index prediction_sets_by_question on prediction_sets (version_hash, split, model_hash);
create index prediction_sets_by_run on prediction_sets (run_id);

create table predictions (
  set_key integer not null references prediction_sets on delete cascade,
  row integer not null,
  user_id text not null,
  item_id text not null,
  label integer not null check (label in (0, 1)),
  log_odds real not null,
  primary key (set_key, row)
) strict, without rowid;

create table reports (
  report_key integer primary key,
  id text not null unique,
  run_id text not null references runs (id) on delete cascade,
  directory text not null,
  made_at text not null,
  json text not null check (json_valid(json))
) strict;
create index reports_by_run on reports (run_id);
`;
