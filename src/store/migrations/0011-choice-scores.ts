/** A row without two labels has no log-odds, and perhaps no label, but a score of each of its answers. */
export const choiceScores = `
create table predictions_with_choices (
  set_key integer not null references prediction_sets on delete cascade,
  row integer not null,
  user_id text not null,
  item_id text not null,
  label integer check (label in (0, 1)),
  log_odds real,
  dropped_history integer not null default 0,
  choices text check (json_valid(choices)),
  primary key (set_key, row),
  check ((log_odds is null) <> (choices is null))
) strict, without rowid;
insert into predictions_with_choices (set_key, row, user_id, item_id, label, log_odds, dropped_history)
  select set_key, row, user_id, item_id, label, log_odds, dropped_history from predictions;
drop table predictions;
alter table predictions_with_choices rename to predictions;
`;
