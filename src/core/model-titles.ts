import { idModelTitle, isIdModel } from './id-models.js';
import { MODEL_TITLES, type ModelId, type Report } from './report.js';
import { TASK_MODEL_TITLES, type TaskModelId } from './task-report.js';

export type Titles = (model: ModelId | TaskModelId) => string;

const TITLES = { ...MODEL_TITLES, ...TASK_MODEL_TITLES };

/** Names of the models of a report. An ID model's name says what it learned from, so it depends on the run. */
export function titlesOf({ run }: { run: { settings: Pick<Report['run']['settings'], 'rows'> } }): Titles {
  return (model) => (isIdModel(model) ? idModelTitle(model, run.settings.rows) : TITLES[model]);
}
