/**
 * What an interaction has of its own: a review, a count of plays. Null where it has nothing, so that a log without does not grow; the source
 * says whether any row has some, so that its rows are not asked for them.
 * A log may also have files of tags and of the names of tags, so source_files is made again with these roles.
 */
export const interactionAttributes = `
alter table interactions add column attributes text check (json_valid(attributes));
alter table sources add column has_attributes integer not null default 0 check (has_attributes in (0, 1));

create table source_files_now (
  source_key integer not null references sources on delete cascade,
  role text not null check (role in ('interactions', 'items', 'users', 'tags', 'tagNames')),
  name text not null,
  sha256 text not null,
  bytes integer not null,
  row_count integer not null,
  reject_count integer not null,
  empty_lines integer not null,
  primary key (source_key, role)
) strict, without rowid;
insert into source_files_now select * from source_files;
drop table source_files;
alter table source_files_now rename to source_files;
`;
