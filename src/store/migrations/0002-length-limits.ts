/**
 * A prediction belongs to the prompt that was shown, and the length limit decides what a long row shows. Predictions kept so far do
 * not say their limit, so nobody can tell which prompt they are of: they go, and are made again when a report asks for them.
 */
export const lengthLimits = `
delete from prediction_sets;
alter table prediction_sets add column max_length integer not null default 0 check (max_length >= 0);
alter table predictions add column dropped_history integer not null default 0 check (dropped_history >= 0);
`;
