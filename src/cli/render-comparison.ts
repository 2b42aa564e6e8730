import type { ReportOptions } from '../core/report.js';
import type { RunComparison, RunDifference } from '../eval/contest/compare-runs.js';
import { counted, figure, levelTitle, pValue, withInterval } from '../eval/numbers.js';
import { FINDING_WORDS } from '../eval/report/block.js';
import { correctedOtherTests, NO_TEST } from '../eval/report/test-texts.js';
import { renderTable } from './render-table.js';
import { undefinedNote } from './undefined-note.js';

/** Settings that differ, best steps, then a part for each task: figures of every run, and each minus the first. */
export function renderComparison(
  { runs, settings, tasks, rows }: RunComparison,
  { level }: Pick<ReportOptions, 'level'>,
): string {
  const ids = runs.map(({ id }) => id);
  const [reference = ''] = ids;
  const { differing, same } = settings;
  return [
    `${counted(runs.length, 'run')} on the same ${counted(rows, 'test row')}`,
    '',
    differing.length === 0
      ? `no setting differs; all ${same} are the same`
      : renderTable(
          ['setting', ...ids],
          differing.map(({ setting, values }) => [setting, ...values.map(String)]),
        ),
    ...(differing.length === 0 ? [] : [`(${counted(same, 'other setting')} the same)`]),
    '',
    renderTable(
      ['run', 'status', 'steps', 'lowest loss', 'best AUC on valid', 'adapter of'],
      runs.map(({ id, status, training: { steps, lowestLoss, best, keptStep } }) => [
        id,
        status,
        String(steps),
        lowestLoss ? `${figure(lowestLoss.loss)} at step ${lowestLoss.step}` : '-',
        best ? `${withInterval(best.auc)} at step ${best.step}` : '-',
        keptStep === null ? 'the last step' : `step ${keptStep}`,
      ]),
    ),
    ...tasks.flatMap((task) => ['', ...taskLines(task, reference, levelTitle(level))]),
  ].join('\n');
}

function taskLines(task: RunComparison['tasks'][number], reference: string, level: string): string[] {
  const { metrics, figures, differences } = task;
  const others = [...new Set(differences.map(({ run }) => run))];
  return [
    `${task.task}: ${counted(task.rows, 'row')} of ${counted(task.users, 'user')}, ${level} intervals by resampled users`,
    renderTable(
      ['metric', ...figures.map(({ run }) => run)],
      metrics.map(({ id, title }) => [
        title,
        ...figures.map(({ metrics: own }) => (own[id] ? withInterval(own[id]) : '')),
      ]),
    ),
    ...undefinedNote(metrics.filter(({ id }) => figures.some(({ metrics: own }) => own[id]?.value === null))),
    '',
    `each minus ${reference}, the same resampled users; p corrected for the number of runs and ID models (Holm)`,
    renderTable(
      ['metric', ...others],
      metrics.map(({ id, title }) => [
        title,
        ...others.map((run) => told(differences.find((one) => one.run === run && one.metric === id))),
      ]),
    ),
    ...otherTestsLines(task),
    ...idModelLines(task, reference),
  ];
}

/** What the tests beside the resampled users say, where one of them could be made. */
function otherTestsLines({ metrics, differences }: RunComparison['tasks'][number]): string[] {
  const others = [...new Set(differences.map(({ run }) => run))];
  const testOf = (run: string, id: string) => {
    const found = differences.find((one) => one.run === run && one.metric === id);
    return found ? correctedOtherTests(found.tests) : NO_TEST;
  };
  const told = metrics
    .map(({ id, title }) => [title, ...others.map((run) => testOf(run, id))])
    .filter(([, ...tests]) => tests.some((test) => test !== NO_TEST));
  if (told.length === 0) return [];
  const title = 'p of the same differences by other tests, each corrected for the number of runs and ID models (Holm)';
  return ['', title, renderTable(['metric', ...others], told)];
}

/** By the main metric; --json has all that are defined. */
function idModelLines({ idModels, metrics, main }: RunComparison['tasks'][number], reference: string): string[] {
  if (idModels.length === 0) return [];
  const title = metrics.find(({ id }) => id === main)?.title ?? main;
  const lines = idModels.map(({ name, metrics: own, differences }) => {
    const difference = differences.find(({ metric }) => metric === main);
    const others = difference ? correctedOtherTests(difference.tests) : NO_TEST;
    return { shown: [name, own[main] ? withInterval(own[main]) : '', told(difference)], others };
  });
  const haveOthers = lines.some(({ others }) => others !== NO_TEST);
  return [
    '',
    renderTable(
      ['model of users and items', title, `minus ${reference}`, ...(haveOthers ? ['p by other tests'] : [])],
      lines.map(({ shown, others }) => [...shown, ...(haveOthers ? [others] : [])]),
    ),
  ];
}

function told(found: Pick<RunDifference, 'difference' | 'tests' | 'finding'> | undefined): string {
  if (!found) return '';
  if (found.difference.value === null) return figure(null);
  const p = found.tests.holm.bootstrap === null ? '' : `, p ${pValue(found.tests.holm.bootstrap)}`;
  return `${withInterval(found.difference)} ${FINDING_WORDS[found.finding]}${p}`;
}
