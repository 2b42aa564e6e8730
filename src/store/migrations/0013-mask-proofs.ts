/** That every row of a version, as tokens of a model, is its text, with the loss on its answer. */
export const maskProofs = `
create table mask_proofs (
  version_hash text not null,
  model_hash text not null,
  max_length integer not null,
  program text not null, -- version of rectune: another one may make other tokens
  rows integer not null,
  tokens integer not null,
  proved_at text not null,
  primary key (version_hash, model_hash, max_length, program)
) strict, without rowid;
`;
