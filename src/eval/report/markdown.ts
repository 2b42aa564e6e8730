import { stringify } from 'yaml';
import { METRICS, MODEL_TITLES, type Report } from '../../core/report.js';
import type { TaskReport } from '../../core/task-report.js';
import { METRIC } from '../metrics/metric.js';
import { counted, figure, levelTitle, percent, thousands, withInterval } from '../numbers.js';
import { taskTitle } from '../tasks/task-verdict.js';
import { baselineNote, datasetFacts, type Fact, provenanceFacts, servingFacts, splitCounts } from './facts.js';
import { SLICE_NOTE, sliceTables, type TextTable, taskHeading, taskNotes, taskTables } from './task-tables.js';

/** A report as Markdown: the same figures as the HTML page, curves as tables where they are short. */
export function renderMarkdown(report: Report): string {
  const { run, version, options, curves } = report;
  const level = levelTitle(options.level);
  return `${[
    `# Report of ${plain(run.id)}`,
    `An adapter for ${plain(run.modelFile)}, on dataset version ${plain(version.name)} of ${plain(version.sourceId)}. Made ${report.madeAt}.`,
    ...(report.overview === null ? [] : [plain(report.overview)]),
    ...report.verdicts.map(({ sentence }) => `**${report.overview === null ? '' : 'judgement: '}${plain(sentence)}**`),
    ...report.tasks.flatMap((task) =>
      task.verdicts.slice(0, 1).map(({ sentence }) => `**${plain(`${taskTitle(task)}: ${sentence}`)}**`),
    ),
    `${baselineNote(report)} "Beats" and "is worse" are said only where the paired interval excludes 0.`,
    ...(report.warnings.length === 0
      ? []
      : ['## Warnings', report.warnings.map((warning) => `- ${plain(warning)}`).join('\n')]),
    ...report.splits.flatMap((result) => [
      `## ${report.overview === null ? 'Metrics' : 'Judgement: metrics'} on ${result.split}`,
      `${counted(result.rows, 'row')} of ${counted(result.users, 'user')}, ${result.usersWithBothLabels} of them with both labels; ` +
        `${level} intervals from ${thousands(options.resamples)} resamples of users.`,
      table(
        ['model', ...METRICS.map((metric) => METRIC[metric].title)],
        result.models.map(({ model, metrics }) => [
          MODEL_TITLES[model],
          ...METRICS.map((metric) => withInterval(metrics[metric])),
        ]),
      ),
    ]),
    ...(report.splits.length === 0 ? [] : judgementDifferences(report, level)),
    ...report.tasks.flatMap((task) => taskSection(task, report)),
    ...slices(report),
    ...(curves.reliability.length === 0 ? [] : reliability(report)),
    '## Training loss',
    lossLine(report),
    ...validationCurve(report, level),
    '## Dataset',
    `What the split leaks (${plain(version.split.kind)}): ${plain(version.split.leaks)}`,
    table(['split', 'rows', 'users', 'liked'], splitCounts(report)),
    ...(version.checks ? [facts(datasetFacts(report))] : []),
    '## Serving notes',
    facts(servingFacts(report)),
    '## Recipe, seeds, hashes, versions',
    facts(provenanceFacts(report)),
    fenced(stringify(version.recipe)),
  ].join('\n\n')}\n`;
}

function judgementDifferences(report: Report, level: string): string[] {
  return [
    METRICS.map(
      (metric) => `- ${METRIC[metric].title}: ${METRIC[metric].definition} (${METRIC[metric].better} is better)`,
    ).join('\n'),
    '## Paired differences',
    'Adapter minus the other model, on the same rows and the same resampled users. For log loss and Brier score a difference below 0 is a gain.',
    table(
      ['split', 'adapter against', 'metric', `difference, ${level} interval`, 'resamples above 0', 'finding'],
      report.differences.map(({ split, second, metric, difference, shareAboveZero, finding }) => [
        split,
        MODEL_TITLES[second],
        METRIC[metric].title,
        withInterval(difference),
        shareAboveZero === null ? '-' : percent(shareAboveZero),
        finding,
      ]),
    ),
  ];
}

function reliability({ curves }: Report): string[] {
  return [
    `## Reliability on ${curves.split}`,
    ...curves.reliability.flatMap(({ model, expectedCalibrationError, bins }) => [
      `${MODEL_TITLES[model]}, expected calibration error ${figure(expectedCalibrationError)}:`,
      table(
        ['P(liked)', 'rows', 'mean P(liked)', 'share liked'],
        bins.map(({ low, high, rows, meanProbability, likedShare }) => [
          `${low.toFixed(1)} to ${high.toFixed(1)}`,
          thousands(rows),
          figure(meanProbability),
          figure(likedShare),
        ]),
      ),
    ]),
  ];
}

function taskSection(task: TaskReport, { options, version }: Report): string[] {
  return [
    `## ${plain(taskHeading(task))}`,
    ...task.verdicts.map(({ sentence }) => `**${plain(sentence)}**`),
    ...taskNotes(task, version).map(plain),
    ...taskTables(task, options.level).flatMap(captioned),
  ];
}

function slices(report: Report): string[] {
  const tables = sliceTables(report);
  return tables.length === 0 ? [] : ['## Parts of the test rows', plain(SLICE_NOTE), ...tables.flatMap(captioned)];
}

function captioned({ caption, head, rows }: TextTable): string[] {
  return [`${plain(caption)}:`, table(head, rows)];
}

function validationCurve({ validation }: Report, level: string): string[] {
  if (validation === null) return [];
  return [
    '## AUC on valid while training',
    `${counted(validation.rows, 'row')} of ${counted(validation.users, 'user')}, whole users, the same in every run on this version.`,
    table(
      ['step', `AUC, ${level} interval`, ''],
      validation.points.map(({ step, auc }) => [
        String(step),
        withInterval(auc),
        step === validation.keptStep ? 'kept' : '',
      ]),
    ),
  ];
}

function lossLine({ curves: { loss } }: Report): string {
  const [first, last] = [loss[0], loss.at(-1)];
  if (!first || !last) return 'The run recorded no steps.';
  return `${figure(first.loss)} at step ${first.step}, ${figure(last.loss)} at step ${last.step}, nats a token.`;
}

function facts(all: readonly Fact[]): string {
  return table(['fact', 'value'], all);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text from data as one line of Markdown that shows its characters and starts nothing. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_|<>#~&]|\[(?=[^\]]*\]\()/g, '\\$&');
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}yaml\n${text.trimEnd()}\n${fence}`;
}
