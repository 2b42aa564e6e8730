import type { ModelId } from '../../../core/report.js';
import type { TaskModelId } from '../../../core/task-report.js';

/** Adapter and base model keep their colours through the page; of the baselines the one that a plot shows has the third. */
export function modelColor(model: ModelId | TaskModelId): string {
  if (model === 'adapter' || model === 'base') return `var(--${model})`;
  return model === 'liked-share' ? 'var(--baseline)' : 'var(--count)';
}
