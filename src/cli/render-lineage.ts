import type { LineLineage, LogLine, RowLineage } from '../builders/lineage/lineage.js';
import { renderMore } from './render-list.js';
import { renderTable } from './render-table.js';

export function renderRowLineage(lineage: RowLineage): string {
  const { version, split, row, template, prompt, answer, target, history, source, parents, runs } = lineage;
  const lines = [
    ...history.map((line, index) => [`history ${index + 1}`, ...cells(line)]),
    ['target', ...cells(target)],
  ];
  return [
    `${version.name} ${version.hash.slice(0, 12)}, ${split} row ${row}`,
    '',
    indented(`${prompt}=> ${answer}`),
    '',
    `template  ${template.id} version ${template.version}, ${template.hash ?? 'its hash is not in the manifest'}`,
    `recipe    ${version.recipeHash}, built by rectune ${version.program}`,
    `source    ${source.id} ${source.hash}${source.isStored ? '' : '; the store has another import of it now, and lines are read from that one'}`,
    ...source.files.map(({ role, name, sha256 }) => `  ${role} ${name}, sha256 ${sha256}`),
    ...parents.map(
      (parent) =>
        `curated   from row ${parent.row} of ${parent.name ?? 'a version that is gone'} ${parent.version.slice(0, 12)} by ${parent.steps.join(', ')}`,
    ),
    '',
    renderTable(['shown as', 'line', 'user', 'item', 'title', 'rating', 'time'], lines),
    '',
    `runs on this version: ${runs.length}`,
    ...runs.map(({ id, trainedOn }) => `  ${id}, trained on ${trainedOn}`),
    `predictions of this row: ${lineage.predictions.length}`,
    ...lineage.predictions.map(
      ({ set, run, logOdds }) =>
        `  ${set.slice(0, 12)} by ${run ?? 'a base model'}${logOdds === null ? '' : `, log-odds ${logOdds.toFixed(3)}`}`,
    ),
    `reports that hold it: ${lineage.reports.length}`,
    ...lineage.reports.map(({ run, directory }) => `  on ${run}: ${directory}`),
  ].join('\n');
}

export function renderLineLineage({ line, total, rows }: LineLineage): string {
  const table = rows.map(({ name, version, split, row, position, isSameImport }) => [
    name,
    version.slice(0, 12),
    split,
    String(row),
    position === 0 ? 'target' : `history ${position}`,
    isSameImport ? '' : 'built from another import of the source',
  ]);
  return [
    renderTable(['line', 'user', 'item', 'title', 'rating', 'time'], [cells(line)]),
    '',
    renderTable(['version', 'hash', 'split', 'row', 'shown as', ''], table),
    ...renderMore(rows.length, total),
  ].join('\n');
}

function cells(line: LogLine): string[] {
  const place = `${line.file}:${line.line}`;
  if (line.user === null) return [place, 'is not in the store'];
  const time = line.timestamp === null ? '' : new Date(line.timestamp * 1000).toISOString().replace('.000', '');
  return [place, line.user, line.item, line.title, line.rating === null ? '' : String(line.rating), time];
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}
