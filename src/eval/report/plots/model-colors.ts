import { isIdModel } from '../../../core/id-models.js';
import type { ModelId } from '../../../core/report.js';
import type { TaskModelId } from '../../../core/task-report.js';

/** Adapter and base model keep their colours through the page, ID models share one; of the baselines the one that a plot shows has its own. */
export function modelColor(model: ModelId | TaskModelId): string {
  if (model === 'adapter' || model === 'base') return `var(--${model})`;
  if (isIdModel(model)) return 'var(--id-model)';
  return model === 'liked-share' ? 'var(--baseline)' : 'var(--count)';
}
