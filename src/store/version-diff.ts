import type { Database } from 'better-sqlite3';
import type { Split } from '../core/instruction.js';

const MAPPED = 2 ** 35; // bytes of the file; SQLite maps what it can

/** What happened to a row from one version to another. */
export const ROW_CHANGES = ['added', 'removed', 'changed'] as const;
export type RowChange = (typeof ROW_CHANGES)[number];

/** How many rows of a split, template and label changed so. */
export interface ChangeCount {
  readonly change: RowChange;
  readonly split: Split;
  readonly templateId: string;
  readonly label: boolean | null; // of a changed row: as it is now
  readonly rows: number;
}

/** Where a row stands, before and after; one of them is null for a row that was added or removed. */
export interface RowPlace {
  readonly change: RowChange;
  readonly split: Split;
  readonly before: number | null;
  readonly after: number | null;
}

/**
 * Compares two versions row by row, inside SQLite. Two rows are the same when split, user, target line, history lines and template are;
 * where a version holds several such rows, the n-th of one is the n-th of the other. A row is changed when its prompt or answer, of which
 * the fingerprints are compared, its label, target item or possible answers are others.
 */
export class VersionDiffStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** limit: most places a kind of change, in the order of the rows; without such a version: as if it were empty. */
  compare(before: string, after: string, limit: number): { counts: ChangeCount[]; places: RowPlace[] } {
    this.#drop();
    this.#database.pragma(`mmap_size = ${MAPPED}`); // both versions are read from end to end: a third less than by read calls
    try {
      this.#identify('before_rows', before);
      this.#identify('after_rows', after);
      this.#database.exec(CHANGES);
      return { counts: this.#counts(), places: ROW_CHANGES.flatMap((change) => this.#places(change, limit)) };
    } finally {
      this.#drop();
      this.#database.pragma('mmap_size = 0');
    }
  }

  /** Rows of a version by identity, sorted; the user stands last in it, for an id may hold any sign. */
  #identify(table: string, hash: string): void {
    this.#database.exec(
      `create temp table ${table} (identity text not null, copy integer not null, instruction_key integer not null,
         primary key (identity, copy)) without rowid`,
    );
    const key = this.#database.prepare('select version_key from dataset_versions where hash = ?').pluck().get(hash);
    const range = this.#database
      .prepare(
        'select min(instruction_key) as first, max(instruction_key) as last, count(*) as rows from instructions where version_key = ?',
      )
      .get(key ?? -1) as { first: number | null; last: number | null; rows: number };
    const { rows, ...keys } = { key: key ?? -1, ...range };
    const firsts = this.#database
      .prepare(
        `insert or ignore into ${table} select identity, 1, instruction_key from (${IDENTITIES}) order by identity, row`,
      )
      .run(keys);
    if (firsts.changes === rows) return; // a window over all rows would take as long as the rest
    this.#database
      .prepare(
        `insert into ${table}
         select identity, 1 + row_number() over (partition by identity order by row), instruction_key
         from (${IDENTITIES}) where instruction_key not in (select instruction_key from ${table})`,
      )
      .run(keys);
  }

  #counts(): ChangeCount[] {
    return this.#database
      .prepare<[], Omit<ChangeCount, 'label'> & { label: number | null }>(
        `select change, split, template_id as templateId, label, count(*) as rows
         from changes join instructions on instruction_key = coalesce(after_key, before_key)
         group by change, split, template_id, label order by change, split, template_id, label`,
      )
      .all()
      .map((row) => ({ ...row, label: row.label === null ? null : row.label === 1 }));
  }

  #places(change: RowChange, limit: number): RowPlace[] {
    return this.#database
      .prepare<[RowChange, number], RowPlace>(
        `select change, i.split, b.row as before, a.row as after from changes
         join instructions i on i.instruction_key = coalesce(after_key, before_key)
         left join instructions b on b.instruction_key = before_key
         left join instructions a on a.instruction_key = after_key
         where change = ?
         order by case i.split when 'train' then 0 when 'valid' then 1 else 2 end, i.row limit ?`,
      )
      .all(change, limit);
  }

  #drop(): void {
    for (const table of ['before_rows', 'after_rows', 'changes']) {
      this.#database.exec(`drop table if exists temp.${table}`);
    }
  }
}

/** A version's keys were dealt in one transaction, so its rows are one range of the table and are read in their order on the disk. */
const IDENTITIES = `
select instruction_key, row, split || ' ' || template_id || ' ' || lines || ' ' || user_id as identity
from instructions one where instruction_key between @first and @last and version_key = @key`;

const CHANGES = `
create temp table changes as
select 'removed' as change, instruction_key as before_key, null as after_key from before_rows one
where not exists (select 1 from after_rows other where other.identity = one.identity and other.copy = one.copy)
union all
select 'added', null, instruction_key from after_rows one
where not exists (select 1 from before_rows other where other.identity = one.identity and other.copy = one.copy)
union all
select 'changed', one.instruction_key, other.instruction_key
from before_rows one join after_rows other using (identity, copy)
join instructions b on b.instruction_key = one.instruction_key
join instructions a on a.instruction_key = other.instruction_key
where b.fingerprint <> a.fingerprint or b.label is not a.label or b.item_id <> a.item_id or b.answers is not a.answers
`;
