import type { TrainResult } from '../trainers/train.js';

export function renderTrainResult({ run, adapter, reused }: TrainResult): string {
  const state = reused ? 'was done before with the same data, model and settings; nothing to do' : 'done';
  return [
    `run ${run.id}: ${state}`,
    `  adapter  ${adapter}`,
    `  sha256   ${run.adapterHash}`,
    `  next     rectune predict ${run.id}`,
  ].join('\n');
}
