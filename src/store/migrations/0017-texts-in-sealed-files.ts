import type { Database } from 'better-sqlite3';

/**
 * The text of a row stands once, in the sealed file of its version: prompt, answer and ranges filled nine tenths of a row, and were
 * written twice more (staged, then kept). What is asked for by column stays: who, what, which lines; the fingerprint of prompt and
 * answer, by which versions are compared; how long the prompt is. Rows that were kept before, and those of versions that have no sealed
 * folder, hold their text themselves.
 * Rows are found by user through runs of neighbouring rows: a build goes user by user, and an index of every row by its user took as
 * long as all else that the store did with a row.
 *
 * fingerprintOf  of prompt and answer (core/fingerprint.ts)
 */
export function textsInSealedFiles(fingerprintOf: (prompt: string, answer: string) => number) {
  return (database: Database): void => {
    database.function('rectune_fingerprint', { deterministic: true }, (prompt, answer) =>
      fingerprintOf(prompt as string, answer as string),
    );
    database.function('rectune_shape', { deterministic: true }, (marks, parts) =>
      shapeOf(String(marks), String(parts)),
    );
    database.exec(TABLES);
    keepRuns(database);
  };
}

/** Neighbouring rows of one user are one run. */
function keepRuns(database: Database): void {
  const rows = database.prepare(
    'select instruction_key, version_key, user_id from instructions order by instruction_key',
  );
  const insert = database.prepare('insert into instruction_runs values (?, ?, ?, ?)');
  const runs: [version: number, user: string, first: number, last: number][] = [];
  let last: (typeof runs)[number] | undefined;
  for (const [key, version, user] of rows.raw().iterate() as Iterable<[number, number, string]>) {
    if (last?.[0] === version && last[1] === user) {
      last[3] = key;
      continue;
    }
    last = [version, user, key, key];
    runs.push(last);
  }
  for (const run of runs) insert.run(...run);
}

/** [labels of the history as a word of 1, 0 and - (none), instruction, input] */
function shapeOf(marks: string, parts: string): string {
  const labels = (JSON.parse(marks)[2] as (boolean | null)[]).map((label) =>
    label === null ? '-' : label ? '1' : '0',
  );
  return JSON.stringify([labels.join(''), ...JSON.parse(parts)]);
}

const TABLES = `
create table instructions_without_text (
  instruction_key integer primary key,
  version_key integer not null references dataset_versions on delete cascade,
  split text not null check (split in ('train', 'valid', 'test')),
  row integer not null,
  user_id text not null,
  item_id text not null,
  label integer check (label in (0, 1)),
  template_id text not null,
  template_version integer not null,
  lines text not null, -- logIndex of the target, then of the history, oldest first, joined by spaces
  parent_row integer,
  fingerprint integer not null, -- of prompt and answer
  characters integer not null, -- code points of the prompt
  line_begin integer, -- of the row's line in the sealed file of its split, in bytes; null: own_text
  line_length integer,
  shape text not null, -- [labels of the history, instruction, input]: of the two the bytes of the prompt that it is, or the text
  answers text, -- [scored, choices, candidates]
  own_text text, -- [values, history, answer, prompt]; null: in the sealed file
  check ((line_begin is null) = (line_length is null) and (line_begin is null) = (own_text is not null))
) strict;
insert into instructions_without_text
  select instruction_key, version_key, split, row, user_id, item_id, label, template_id, template_version, lines, parent_row,
    rectune_fingerprint(prompt, answer), length(prompt), null, null, rectune_shape(marks, parts), answers,
    json_array(json_extract(marks, '$[0]'), json_extract(marks, '$[1]'), answer, prompt)
  from instructions;
drop table instructions;
alter table instructions_without_text rename to instructions;
create unique index instructions_by_row on instructions (version_key, split, row);
create index instructions_by_parent_row on instructions (version_key, split, parent_row) where parent_row is not null;

create table instruction_runs (
  version_key integer not null references dataset_versions on delete cascade,
  user_id text not null,
  first_key integer not null, -- instructions of these keys are of the user, one after the other
  last_key integer not null,
  primary key (version_key, user_id, first_key)
) strict, without rowid;
`;
