/**
 * A table of a log may have several files, so a role is no key of source_files any more. A reject has the byte at which its row
 * begins, for files that no editor opens; null: of an import of before.
 */
export const filesOfATable = `
create table source_files_now (
  source_key integer not null references sources on delete cascade,
  role text not null check (role in ('interactions', 'items', 'users', 'tags', 'tagNames')),
  name text not null,
  sha256 text not null,
  bytes integer not null,
  row_count integer not null,
  reject_count integer not null,
  merged_count integer not null,
  empty_lines integer not null,
  primary key (source_key, role, name)
) strict, without rowid;
insert into source_files_now
  select source_key, role, name, sha256, bytes, row_count, reject_count, 0, empty_lines from source_files;
drop table source_files;
alter table source_files_now rename to source_files;
alter table rejects add column byte_offset integer;
`;
