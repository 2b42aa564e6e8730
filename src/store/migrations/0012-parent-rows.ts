/** The row that an instruction was in the version which its own was curated from. Asked for both ways; rows that were built have none. */
export const parentRows = `
alter table instructions add column parent_row integer;
create index instructions_by_parent_row on instructions (version_key, split, parent_row) where parent_row is not null;
`;
