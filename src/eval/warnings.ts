import { isIdModel, protocolOf } from '../core/id-models.js';
import { type Titles, titlesOf } from '../core/model-titles.js';
import { inWords } from '../core/prediction.js';
import { type Finding, MODEL_TITLES, type ModelId, type Report, type SplitResult } from '../core/report.js';
import type { TaskModelId, TaskReport } from '../core/task-report.js';
import { METRIC } from './metrics/metric.js';
import { counted, figure, percent, withInterval } from './numbers.js';
import { metricTitle } from './tasks/task-metric.js';
import { standingOf, taskTitle } from './tasks/task-verdict.js';

/** Below this many users a gain can go unseen, and below the other one intervals tend to be too narrow: in simulations of 8 users 92 to 95 % hold the truth, of 4 76 to 89 %. */
export const FEW_USERS = 30;
const TOO_FEW_USERS = 10;
/** An adapter that moves no log-odds by more than this has changed nothing. */
export const NO_CHANGE = 1e-6;
const MANY_LEFT_OUT = 0.05;
const SMALL_LABEL_MASS = 0.5;

/** What a reader has to know before trusting the numbers, the gravest first. Empty when there is nothing to say. */
export function warnings(report: Omit<Report, 'warnings'>): string[] {
  const { run, serving, splits, baseline, options, differences, verdicts, tasks, version } = report;
  const test = splits.find(({ split }) => split === 'test');
  const said: string[] = [];
  if (serving.largestChange !== null && serving.largestChange <= NO_CHANGE) {
    said.push(
      `The adapter changed nothing: on every scored row its ${tasks.length === 0 ? 'log-odds equals that' : 'answers are as likely as those'} of the base model. ` +
        'Check that training took steps with a learning rate above 0 and that the adapter was loaded.',
    );
  }
  if (run.status !== 'done') said.push(`The run is "${run.status}", not done: its adapter is not the final one.`);
  if (test) said.push(...aboutUsers(test, options.resamples));
  const titles = titlesOf(report);
  said.push(...tasks.flatMap((task) => aboutTask(task, titles)));
  // The baseline of the verdict was chosen on valid; the others may still do better on test.
  for (const { split, metric, second, finding, difference } of differences) {
    if (split !== 'test' || metric !== 'auc' || verdicts.some(({ against }) => against === second)) continue;
    if (isIdModel(second)) continue;
    if (finding !== 'worse' && finding !== 'undecided') continue;
    said.push(
      `On test the adapter ${finding === 'worse' ? 'is also worse than' : 'does not beat'} another trivial baseline, ` +
        `"${MODEL_TITLES[second]}": difference of AUC ${withInterval(difference)}.`,
    );
  }
  said.push(
    ...aboutIdModels(
      'the adapter',
      METRIC.auc.title,
      { best: report.idModels.best, verdicts, titles },
      differences,
      'auc',
    ),
  );
  if (baseline && !splits.some((result) => result.split === 'valid' && aucOf(result, baseline.model) !== null)) {
    said.push(baseline.chosenBy);
  }
  for (const { model, split, labelMass } of serving.predictions) {
    if (version.labels === null) break; // titles and texts are unlikely by their nature
    if (labelMass >= SMALL_LABEL_MASS) continue;
    said.push(
      `On ${split}, the ${MODEL_TITLES[model]} gives the two label tokens together a probability of only ` +
        `${percent(labelMass)}: the prompt does not elicit the answer format, so its log-odds are a guess between unlikely words.`,
    );
  }
  if (!serving.parity) {
    said.push("The run recorded no parity check: the trainer's own logits were not compared with llama.cpp's.");
  } else if (serving.parity.maxDifference > serving.parity.tolerance) {
    said.push(
      `The trainer's logits differ from llama.cpp's by ${figure(serving.parity.maxDifference)}, ` +
        `above the tolerance ${figure(serving.parity.tolerance)}.`,
    );
  }
  for (const { result, ways } of splits.map((result) => ({ result, ways: waysOf(result.split, serving) }))) {
    if (ways.length < 2) continue;
    said.push(
      `On ${result.split}, adapter and base model were not computed alike (${ways.join('; ')}): a part of their difference may be rounding.`,
    );
  }
  const cut = serving.predictions
    .filter(({ model }) => model === 'adapter') // the base model was asked under the same limit
    .map(({ split, truncatedRows }) => ({ split, rows: truncatedRows.length }));
  for (const { split, rows } of [...cut, { split: 'train', rows: serving.truncatedTrainRows }]) {
    if (rows) said.push(`${counted(rows, `${split} row`)} lost the oldest history to the length limit.`);
  }
  return said;
}

/** Few users, and other baselines that the adapter does not beat, though the one chosen on valid is beaten. */
function aboutTask(task: TaskReport, titles: Titles): string[] {
  const test = task.splits.find(({ split }) => split === 'test');
  if (!test) return [];
  const said: string[] = [];
  const title = taskTitle(task);
  const metric = metricTitle(task.main, task.list);
  const own = test.models.find(({ model }) => model === 'adapter')?.metrics[task.main];
  if (test.users < FEW_USERS && own) {
    const width =
      own.low === null || own.high === null
        ? 'no interval can be given'
        : `the interval of its ${metric} is ${figure(own.high - own.low)} wide, ${roughness(test.users)}`;
    said.push(`${title} has only ${counted(test.users, 'user')} on test: ${width}.`);
  }
  said.push(
    ...aboutIdModels(
      `${title}: the adapter`,
      metric,
      { best: task.idModels.best, verdicts: task.verdicts, titles },
      task.differences,
      task.main,
    ),
  );
  if (standingOf(task) !== 'beats') return said;
  for (const { split, metric: by, second, finding, difference } of task.differences) {
    if (split !== 'test' || by !== task.main || second === 'base' || finding === 'beats' || isIdModel(second)) continue;
    said.push(
      `${title}: on test the adapter does not beat another trivial baseline, "${titles(second)}": ` +
        `difference of ${metric} ${withInterval(difference)}.`,
    );
  }
  return said;
}

/** ID models that the adapter does not beat on test, though it beats the one of their protocol that was chosen on valid. */
function aboutIdModels(
  who: string,
  title: string,
  {
    best,
    verdicts,
    titles,
  }: Pick<TaskReport['idModels'], 'best'> & Pick<Report | TaskReport, 'verdicts'> & { titles: Titles },
  differences: readonly { split: string; metric: string; second: TaskModelId | ModelId; finding: Finding }[],
  main: string,
): string[] {
  const beaten = best.filter(({ model }) =>
    verdicts.some(({ against, finding }) => against === model && finding === 'beats'),
  );
  const others = differences.flatMap(({ split, metric, second, finding }) => {
    if (split !== 'test' || metric !== main || !isIdModel(second) || finding === 'beats') return [];
    return beaten.some(({ protocol }) => protocol === protocolOf(second)) ? [titles(second)] : [];
  });
  if (others.length === 0) return [];
  return [
    `On test ${who} beats the ID model that was chosen on valid, but by ${title} it does not beat ${others.join(', ')}.`,
  ];
}

/** The different ways in which the models were scored on a split: one, unless somebody scored them apart. */
function waysOf(split: SplitResult['split'], { predictions }: Report['serving']): string[] {
  const ways = predictions
    .filter((one) => one.split === split)
    .map(({ device, precision }) => inWords({ device, precision }));
  return [...new Set(ways)];
}

function aucOf({ models }: SplitResult, id: ModelId): number | null {
  return models.find(({ model }) => model === id)?.metrics.auc.value ?? null;
}

function roughness(users: number): string {
  return users < TOO_FEW_USERS ? 'rough and mostly too narrow' : 'rough';
}

function aboutUsers(test: SplitResult, resamples: number): string[] {
  const said: string[] = [];
  const adapter = test.models.find(({ model }) => model === 'adapter')?.metrics;
  if (test.users < 2) {
    said.push(
      `Test has ${counted(test.users, 'user')}: no interval can be given, and nothing here speaks of other users.`,
    );
  } else if (test.users < FEW_USERS) {
    said.push(
      `Test has only ${counted(test.users, 'user')}: intervals from fewer than ${FEW_USERS} users are ${roughness(test.users)}.`,
    );
  }
  if (!adapter) return said;
  const leftOut = adapter.auc.leftOut / resamples;
  if (leftOut > MANY_LEFT_OUT) {
    said.push(
      `In ${percent(leftOut)} of the resamples one label was absent and AUC is not defined; they are left out.`,
    );
  }
  const { low, high } = adapter.uauc;
  if (low !== null && high !== null && low <= 0.5 && high >= 0.5) {
    const aucIsAboveChance = adapter.auc.low !== null && adapter.auc.low > 0.5;
    said.push(
      `Within one user the adapter's order cannot be told from chance: UAUC ${withInterval(adapter.uauc)} ` +
        `over ${counted(test.usersWithBothLabels, 'user')} with both labels.` +
        (aucIsAboveChance ? ' Its AUC may come from knowing which users like much.' : ''),
    );
  }
  return said;
}
