import type { Estimate, Report } from '../core/report.js';
import { metricTitle } from './tasks/task-metric.js';

/** One figure that stands for a task on test, of the adapter and of its base model. */
export interface MainFigure {
  readonly title: string; // "AUC", "ranking NDCG@10 (1+9)"
  readonly adapter: Estimate;
  readonly base: Estimate;
}

/** AUC of the judgements, if there are any, then the metric of each other task's verdict. */
export function mainFigures({ splits, tasks }: Pick<Report, 'splits' | 'tasks'>): MainFigure[] {
  const judgements = splits.find(({ split }) => split === 'test')?.models ?? [];
  const auc = figureOf(
    tasks.length === 0 ? 'AUC' : 'judgement AUC',
    judgements.map(({ model, metrics }) => ({ model, value: metrics.auc })),
  );
  const others = tasks.flatMap(({ task, main, list, splits: own }) => {
    const models = own.find(({ split }) => split === 'test')?.models ?? [];
    return figureOf(
      `${task} ${metricTitle(main, list)}`,
      models.map(({ model, metrics }) => ({ model, value: metrics[main] })),
    );
  });
  return [...auc, ...others];
}

function figureOf(title: string, values: readonly { model: string; value: Estimate | undefined }[]): MainFigure[] {
  const [adapter, base] = ['adapter', 'base'].map((id) => values.find(({ model }) => model === id)?.value);
  return adapter && base ? [{ title, adapter, base }] : [];
}
