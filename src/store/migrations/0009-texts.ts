/**
 * Texts that were written elsewhere. Like dataset versions they do not point at their source: they outlive an import that
 * replaces it.
 */
export const texts = `
create table text_sets (
  set_key integer primary key,
  source_id text not null,
  subject text not null check (subject in ('item', 'user')),
  name text not null,
  json text not null check (json_valid(json)),
  unique (source_id, subject, name)
) strict;

create table texts (
  set_key integer not null references text_sets on delete cascade,
  id text not null check (id <> ''),
  text text not null,
  primary key (set_key, id)
) strict, without rowid;

create table text_rejects (
  reject_key integer primary key,
  set_key integer not null references text_sets on delete cascade,
  place text not null,
  reason text not null,
  text text not null
) strict;
create index text_rejects_by_set on text_rejects (set_key);
`;
