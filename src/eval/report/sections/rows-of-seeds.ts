import type { IdModelId } from '../../../core/id-models.js';
import { titlesOf } from '../../../core/model-titles.js';
import type { Report } from '../../../core/report.js';
import type { RowGroup } from '../../../core/report-rows.js';
import { counted, figure, thousands } from '../../numbers.js';
import type { Table } from '../block.js';
import { anchorOf } from '../row-anchor.js';
import { CAME, cameCells, offText, SAID, spoken, UNITS } from './row-words.js';

/** Rows of which the adapter of another seed, or of another number of train rows, is furthest off. */
export function runTable(report: Report, group: RowGroup, place: number, run: string): Table {
  const { task, kind, split, worst } = group;
  const found = report.seeds.flatMap(({ runs }) => runs).find((one) => one.run === run);
  const said = kind === 'judgement' ? 'P(liked) by each adapter; off by -ln P(what came true).' : SAID[kind];
  const which = found ? ` (seed ${found.seed}, ${counted(found.rows, 'train row')})` : '';
  return {
    anchor: anchorOf(report.rows.groups, place),
    caption: `${task} on ${split} by the adapter of run ${run}${which}: ${counted(group.rows, 'row')} of ${counted(group.users, 'user')}. Shown are those of which it is furthest off. ${said}`,
    command: `rectune rows ${report.run.id} --task ${task} --by ${run}`,
    head: [
      ...['row', 'user', 'item'],
      ...(CAME[kind] === null ? [] : [CAME[kind]]),
      ...['adapter of that run', 'adapter of this run', 'off by'],
    ],
    rows: worst.map(({ row, user, item, came, said, loss }) => ({
      name: row,
      cells: [
        ...[user, item, ...cameCells(kind, came)],
        ...[spoken(kind, 'adapter', said[run]), spoken(kind, 'adapter', said.adapter), offText(kind, loss)],
      ],
    })),
    notForPapers: true,
  };
}

/** Rows on which the seeds of an ID model are furthest apart. */
export function seedsTable(report: Report, group: RowGroup, place: number, model: string): Table {
  const { task, kind, split, worst } = group;
  const title = titlesOf(report)(model as IdModelId);
  const fit = report.idModels.fits.find(
    (one) => one.model === model && (one.kind === 'judgement') === (kind === 'judgement'),
  );
  const count = worst[0]?.seeds?.[model]?.length ?? 0;
  const named = Array.from({ length: count }, (_, i) => `seed ${fit?.seeds[i]?.seed ?? i + 1}`);
  const unit = kind === 'judgement' ? "Scores are on a scale of the model's own." : UNITS[kind];
  return {
    anchor: anchorOf(report.rows.groups, place),
    caption: `${task} on ${split} by ${title} under ${thousands(count)} seeds: ${counted(group.rows, 'row')} of ${counted(group.users, 'user')}. Shown are those on which the seeds are furthest apart. ${unit}`,
    command: `rectune rows ${report.run.id} --task ${task} --seeds ${model}`,
    head: ['row', 'user', 'item', ...(CAME[kind] === null ? [] : [CAME[kind]]), ...named],
    rows: worst.map(({ row, user, item, came, seeds }) => ({
      name: row,
      cells: [
        ...[user, item, ...cameCells(kind, came)],
        ...(seeds?.[model] ?? []).map((said) => (kind === 'judgement' ? figure(said) : spoken(kind, model, said))),
      ],
    })),
    notForPapers: true,
  };
}
