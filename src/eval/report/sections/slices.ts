import { titlesOf } from '../../../core/model-titles.js';
import type { Report } from '../../../core/report.js';
import type { Slice, SliceKind, SliceMetric } from '../../../core/task-report.js';
import { METRIC } from '../../metrics/metric.js';
import { levelTitle, thousands } from '../../numbers.js';
import { metricTitle, taskMetric } from '../../tasks/task-metric.js';
import { type Block, estimateCell, type Part, type Table } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { rowsAnchor } from '../row-anchor.js';

export const SLICE_TITLES: Readonly<Record<SliceKind, string>> = {
  family: 'template family',
  cell: 'cell of the grid',
  wording: 'wording',
  repeat: 'target',
  'user-age': 'first seen before the target: user',
  'item-age': 'first seen before the target: item',
  popularity: 'target in train',
  'history-length': 'history shown',
};

const NOTE =
  'The worst parts of the adapter stand first. Intervals of parts come from the resampled users of the whole task. Many parts are compared and nothing is ' +
  'corrected for their number: a part that stands out is a question, not a finding. Of models of users and items those of the verdicts stand beside the adapter, on the same rows.';

const WORDING_NOTE =
  'The base model saw neither wording, so its gap is what the wordings differ by themselves; the last column is what training on the seen ones adds.';

const DECILES_NOTE =
  'Deciles are of the items of train by interactions there; items of equal number share the better one, so some deciles may be empty.';

const ONE_LABEL = 'Not defined: all rows of the part have the same label.';

const DRAWN = 12; // parts in a plot; the table has them all

/** Parts of the test rows, a table a task, and what unseen wordings cost. */
export function slices(report: Report): Part[] {
  const { slices: all, wordings } = report;
  if (all.length === 0 && wordings.length === 0) return [];
  const names = [...new Set(all.map(({ task }) => task))];
  const byPopularity = all.some(({ by }) => by === 'popularity');
  const blocks: Block[] = [{ kind: 'paragraph', quiet: true, text: byPopularity ? `${NOTE} ${DECILES_NOTE}` : NOTE }];
  for (const task of names) {
    const here = worstFirst(all.filter((slice) => slice.task === task));
    blocks.push(...partsOf(task, here, report));
  }
  if (wordings.length > 0) {
    blocks.push({ kind: 'table', table: wordingGaps(report) }, { kind: 'paragraph', quiet: true, text: WORDING_NOTE });
  }
  return [{ title: 'Parts of the test rows', id: 'slices', blocks }];
}

/** By the adapter's figure; parts without one come last. */
export function worstFirst(slices: readonly Slice[]): Slice[] {
  const badness = ({ metric, adapter: { value } }: Slice) => {
    if (value === null) return Number.POSITIVE_INFINITY;
    return better(metric) === 'higher' ? value : -value;
  };
  return [...slices].sort((a, b) => {
    const [left, right] = [badness(a), badness(b)];
    return left === right ? 0 : left - right; // two that have none are not apart: Infinity - Infinity is NaN
  });
}

function partsOf(task: string, here: readonly Slice[], report: Report): Block[] {
  const [first] = here;
  if (!first) return [];
  const title = sliceTitle(first.metric, listOf(report, task));
  const titles = titlesOf(report);
  const drawn = here.slice(0, DRAWN).map((slice) => ({
    title: partTitle(slice),
    estimate: slice.adapter,
    color: 'var(--adapter)',
    beside: slice.base,
  }));
  return [
    {
      kind: 'table',
      table: {
        caption: `${task}: ${title} on parts of test, ${levelTitle(report.options.level)} intervals`,
        head: [
          ...['part', 'rows', 'users', 'adapter', 'base model', 'adapter - base'],
          ...first.idModels.map(({ model }) => titles(model)),
        ],
        rows: here.map((slice) => ({
          name: partTitle(slice),
          cells: [
            thousands(slice.rows),
            thousands(slice.users),
            ...[slice.adapter, slice.base, slice.difference, ...slice.idModels.map(({ estimate }) => estimate)].map(
              (estimate) => estimateCell(estimate, rowsOf(report, slice)),
            ),
          ],
        })),
      },
    },
    ...(first.metric === 'auc' && here.some(({ adapter }) => adapter.value === null)
      ? [{ kind: 'paragraph', quiet: true, text: ONE_LABEL } as const]
      : []),
    {
      kind: 'plots',
      plots: [
        {
          draw: () =>
            intervalsPlot(`${title} on parts of the test rows of ${task}, worst first`, title, drawn, undefined),
          legend: [
            { title: 'adapter', color: 'var(--adapter)' },
            { title: 'base model (ring)', color: 'var(--base)' },
          ],
          caption: `${title} of the adapter on ${here.length > DRAWN ? `the ${DRAWN} worst of ${here.length} parts` : 'each part'}, worst first.`,
        },
      ],
    },
  ];
}

function wordingGaps(report: Report): Table {
  const { wordings, options, tasks } = report;
  return {
    caption: `Wordings that train never holds minus those that it does, ${levelTitle(options.level)} intervals`,
    head: ['task', 'metric', 'rows unseen', 'rows seen', 'adapter', 'base model', "adapter's gap - base model's"],
    rows: wordings.map(({ task, metric, seenRows, unseenRows, adapter, base, difference }) => ({
      name: task,
      cells: [
        sliceTitle(metric, listOf({ tasks }, task)),
        thousands(unseenRows),
        thousands(seenRows),
        ...[adapter, base, difference].map((estimate) =>
          estimateCell(estimate, rowsAnchor(report, { task, split: 'test' })),
        ),
      ],
    })),
  };
}

function rowsOf(report: Report, { task, by, name }: Slice): string | undefined {
  return rowsAnchor(report, { task, split: 'test', part: { by, name } });
}

/** "target in train: decile 2" */
export function partTitle({ by, name }: Pick<Slice, 'by' | 'name'>): string {
  return `${SLICE_TITLES[by]}: ${name}`;
}

function better(metric: SliceMetric): 'higher' | 'lower' {
  return metric === 'auc' ? METRIC.auc.better : taskMetric(metric).better;
}

function sliceTitle(metric: SliceMetric, list: string | null): string {
  return metric === 'auc' ? METRIC.auc.title : metricTitle(metric, list);
}

function listOf({ tasks }: Pick<Report, 'tasks'>, task: string): string | null {
  return tasks.find((one) => one.task === task)?.list ?? null;
}
