import type { IdModelStanding } from '../../../core/id-models.js';
import { type Titles, titlesOf } from '../../../core/model-titles.js';
import type { ProbeName } from '../../../core/probe.js';
import { ModelId, type Report } from '../../../core/report.js';
import type { RowGroup } from '../../../core/report-rows.js';
import { TaskModelId } from '../../../core/task-report.js';
import { counted } from '../../numbers.js';
import type { Block, Part, Table } from '../block.js';
import { anchorOf, rowsAnchor } from '../row-anchor.js';
import { CAME, cameCells, offText, SAID, spoken, UNITS } from './row-words.js';
import { runTable, seedsTable } from './rows-of-seeds.js';
import { partTitle } from './slices.js';

/** The rows behind the figures: how many, those that speak most against the adapter, and how to see the others. */
export function rows(report: Report): Part[] {
  const { groups, sha256 } = report.rows;
  if (groups.length === 0) return [];
  const [first] = groups[0]?.worst ?? [];
  const told: Block[] = [
    {
      kind: 'paragraph',
      text:
        'Every figure of a table above links to its rows here. Of each group the rows are shown of which the adapter is furthest off; all of them, with what every model, run and seed said, ' +
        `stand in rows.html beside this file, and to the last digit in rows.jsonl, one JSON object a line (sha256 ${sha256.slice(0, 12)}).`,
      files: ['rows.html', 'rows.jsonl'],
    },
    {
      kind: 'paragraph',
      quiet: true,
      text: `The commands list a whole group, worst first; rectune show ${first?.row ?? 'ROW'} shows a row's prompt and the lines of the log that it came from.`,
    },
  ];
  const tables = groups.map(
    (group, place): Block => ({
      kind: 'table',
      table: { ...groupTable(report, group, place), more: moreRows(report, group) },
    }),
  );
  return [{ title: 'Rows behind the figures', id: 'rows', blocks: [...told, ...tables] }];
}

/** All rows of the task and split, those of the group among them. */
function moreRows(report: Report, { task, kind, split }: RowGroup): NonNullable<Table['more']> {
  const anchor = rowsAnchor(report, { task, kind, split });
  const whole = report.rows.groups.find((one) => one.task === task && one.kind === kind && one.split === split);
  return { href: `rows.html#${anchor}`, title: `all ${counted(whole?.rows ?? 0, 'row')} of ${task} on ${split}` };
}

function groupTable(report: Report, group: RowGroup, place: number): Table {
  const { probe, run, seedsOf } = group;
  if (probe !== null) return probeTable(report, group, place, probe);
  if (run !== null) return runTable(report, group, place, run);
  if (seedsOf !== null) return seedsTable(report, group, place, seedsOf);
  const { task, kind, split, part, worst } = group;
  const models = shownModels(report, group);
  const titles = titlesOf(report);
  const named = part === null ? '' : `, ${partTitle(part)}`;
  const option = part === null ? '' : ` --part ${quoted(`${part.by}=${part.name}`)}`;
  return {
    anchor: anchorOf(report.rows.groups, place),
    caption: `${task} on ${split}${named}: ${counted(group.rows, 'row')} of ${counted(group.users, 'user')}. ${SAID[kind]}`,
    command: `rectune rows ${report.run.id} --task ${task} --split ${split}${option}`,
    head: [
      'row',
      'user',
      'item',
      ...(CAME[kind] === null ? [] : [CAME[kind]]),
      ...models.map((model) => titleOf(model, titles)),
      'off by',
    ],
    rows: worst.map(({ row, user, item, came, said, loss }) => ({
      name: row,
      cells: [
        user,
        item,
        ...cameCells(kind, came),
        ...models.map((model) => spoken(kind, model, said[model])),
        offText(kind, loss),
      ],
    })),
    notForPapers: true,
  };
}

/** Rows on which what the adapter says changes most, each with the form that does it. */
function probeTable(report: Report, group: RowGroup, place: number, probe: ProbeName): Table {
  const { task, kind, split, worst } = group;
  return {
    anchor: anchorOf(report.rows.groups, place),
    caption: `${task} on ${split} in the probe "${probe}": ${counted(group.rows, 'row')} of ${counted(group.users, 'user')}. Shown are those on which what the adapter says changes most, in the form that changes it. ${UNITS[kind]}`,
    command: `rectune rows ${report.run.id} --task ${task} --probe ${probe}`,
    head: ['row', 'user', 'item', 'form', 'adapter as it is', 'adapter in this form', 'base model in this form'],
    rows: worst.map(({ row, user, item, said, probed }) => {
      const own = said.adapter ?? 0;
      const [form, told] = Object.entries(probed ?? {}).reduce((most, one) =>
        Math.abs(one[1].adapter - own) > Math.abs(most[1].adapter - own) ? one : most,
      );
      const spokenOf = (value: number | null) => (value === null ? '-' : spoken(kind, 'adapter', value));
      return {
        name: row,
        cells: [
          user,
          item,
          form.slice(`${probe}: `.length),
          spokenOf(own),
          spokenOf(told.adapter),
          spokenOf(told.base),
        ],
      };
    }),
    notForPapers: true,
  };
}

/** Adapter, base model, and the baseline and the ID models of the verdicts. */
function shownModels(report: Report, { task, kind, worst }: RowGroup): string[] {
  const of: { baseline: { model: string } | null; idModels: Pick<IdModelStanding, 'best'> } | undefined =
    kind === 'judgement' ? report : report.tasks.find((one) => one.task === task && one.kind === kind);
  const rivals = of ? [...(of.baseline ? [of.baseline.model] : []), ...of.idModels.best.map(({ model }) => model)] : [];
  return ['adapter', 'base', ...rivals].filter((model) => worst.some(({ said }) => model in said));
}

function titleOf(model: string, titles: Titles): string {
  const known = ModelId.or(TaskModelId).safeParse(model).data;
  return model === 'base' ? 'base model' : known === undefined ? model : titles(known);
}

/** As a shell takes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
