/** Predictions of before were computed on the CPU in f32. */
export const arithmetic = `
alter table prediction_sets add column device text not null default 'cpu';
alter table prediction_sets add column precision text not null default 'f32';
`;
