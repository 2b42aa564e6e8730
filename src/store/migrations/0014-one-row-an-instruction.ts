/**
 * An instruction is one row: its lines of the log stand in it, and what the prompt holds already is not kept a second and a third time.
 * Eleven rows and an index for each instruction took most of the time of a build (docs/decisions/0004). From a line of the log to its
 * instructions it goes by the user: nobody's rows show the lines of somebody else.
 * The short columns stand first, because SQLite reads a row from its begin. marks and parts are not checked to be JSON: that costs
 * more than to write them.
 */
export const oneRowAnInstruction = `
create table instructions_of_one_row (
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
  marks text not null, -- [values, history, historyLabels]
  parts text not null, -- [instruction, input]: of each the bytes of the prompt that it is, or the text
  answers text,
  answer text not null,
  prompt text not null
) strict;
insert into instructions_of_one_row
  select instruction_key, version_key, split, row, user_id, item_id, label, template_id, template_version,
    (select group_concat(log_index, ' ') from (
      select log_index from instruction_interactions lines where lines.instruction_key = one.instruction_key order by position
    )),
    parent_row, marks,
    json_array(
      case when instr(cast(prompt as blob), cast(instruction as blob)) > 0 then json_array(
        instr(cast(prompt as blob), cast(instruction as blob)) - 1,
        instr(cast(prompt as blob), cast(instruction as blob)) - 1 + length(cast(instruction as blob))
      ) else instruction end,
      case when instr(cast(prompt as blob), cast(input as blob)) > 0 then json_array(
        instr(cast(prompt as blob), cast(input as blob)) - 1,
        instr(cast(prompt as blob), cast(input as blob)) - 1 + length(cast(input as blob))
      ) else input end
    ),
    answers, answer, prompt
  from instructions one;
drop table instruction_interactions;
drop table instructions;
alter table instructions_of_one_row rename to instructions;
create unique index instructions_by_row on instructions (version_key, split, row);
create index instructions_by_user on instructions (version_key, user_id);
create index instructions_by_parent_row on instructions (version_key, split, parent_row) where parent_row is not null;
`;
