import type { RunEstimate } from '../trainers/estimate.js';
import { duration, gigabytes } from './progress.js';
import { renderTable } from './render-table.js';

const NAMES: Record<keyof RunEstimate['parts'], string> = {
  program: 'program, vocabulary, rows',
  weights: 'weights',
  adapter: 'adapter and optimiser',
  activations: 'activations',
  hiddenStates: 'hidden states',
  kernels: 'working memory of the threads',
  copies: 'copies of the model',
};

export function renderEstimate(estimate: RunEstimate): string {
  const { parts, limit } = estimate;
  const rows = (Object.keys(NAMES) as (keyof typeof NAMES)[])
    .filter((part) => parts[part] > 0)
    .map((part) => [NAMES[part], gigabytes(parts[part])]);
  const most = limit === null ? '' : `, of ${gigabytes(limit)} that may be taken`;
  return [
    `time    about ${duration(estimate.remaining)}: ${estimate.steps} steps, ${estimate.columns} tokens to compute`,
    `memory  about ${gigabytes(estimate.memory)}${most}; most of it in the phase "${estimate.phase}":`,
    renderTable(['part', 'memory'], rows),
    `blocks are ${estimate.recompute ? 'computed again in the backward' : 'kept for the backward'}; hidden states go ${
      estimate.hiddenStates === 'nowhere' ? 'nowhere' : `to ${estimate.hiddenStates}`
    }`,
    'nothing was begun',
  ].join('\n');
}
