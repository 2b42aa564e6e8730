import type { SourceCoverage } from '../builders/source-coverage.js';
import type { LibraryOverview } from '../builders/template-library.js';
import type { TemplateText } from '../builders/template-texts.js';
import { cellId, DIVERSITIES, INTENTIONS, PREFERENCES, TASK_FORMS } from '../core/grid.js';
import { renderTable } from './render-table.js';

/** Families with their wordings, the grid, and the sums. */
export function renderLibrary({ families, published, grid, counts }: LibraryOverview): string {
  const rows = [...families, published].map(({ family, says, templates }) => [
    family,
    String(templates.length),
    String(templates.filter(({ head }) => head.evaluationOnly).length),
    says,
  ]);
  return [
    renderTable(['family', 'wordings', 'for evaluation only', 'asks'], rows),
    '',
    `grid: ${grid.meaningful} of ${grid.cells} cells mean something; ${grid.templates} templates, ${grid.evaluationOnly} for evaluation only`,
    `in all: ${counts.families} families, ${counts.templates} templates, ${counts.evaluationOnly} for evaluation only`,
  ].join('\n');
}

/** Templates as they are written, one after the other. */
export function renderTexts(texts: readonly TemplateText[]): string {
  return texts
    .map(({ head, input }) => {
      const { id, task, cell, evaluationOnly } = head;
      const kind = [
        task,
        ...(cell ? [`cell ${cellId(cell)}`] : []),
        ...(evaluationOnly ? ['for evaluation only'] : []),
      ];
      const parts = { instruction: head.instruction, input, output: head.output };
      const lines = Object.entries(parts).flatMap(([name, text]) =>
        text === '' ? [] : text.split('\n').map((line, i) => `  ${(i === 0 ? name : '').padEnd(13)}${line}`.trimEnd()),
      );
      return [`${id}: ${kind.join(', ')}`, ...lines].join('\n');
    })
    .join('\n\n');
}

/** One table for each way of telling: rows preference and intention, columns task forms; a cell says what is missing. */
export function renderCoverage({ source, roles, others, cells, families, supported, written }: SourceCoverage): string {
  const missing = new Map(cells.map((cell) => [cell.cell, cell.missing]));
  const tables = DIVERSITIES.map((diversity) => {
    const rows = PREFERENCES.flatMap((preference) =>
      INTENTIONS.map((intention) => [
        `${preference} ${intention}`,
        ...TASK_FORMS.map((form) => {
          const lacks = missing.get(`${preference}-${intention}-${form}-${diversity}`.toLowerCase());
          if (lacks === undefined) return '-';
          return lacks.length === 0 ? 'yes' : `no ${lacks.join(', no ')}`;
        }),
      ]),
    ).filter((row) => row.slice(1).some((cell) => cell !== '-'));
    return `${diversity}\n${renderTable(['', ...TASK_FORMS], rows)}`;
  });
  const listed = families.map(({ family, templates }) => {
    const able = templates.filter((template) => template.missing.length === 0);
    const lacks = [...new Set(templates.flatMap((template) => template.missing))];
    return [family, `${able.length} of ${templates.length}`, lacks.length === 0 ? '' : `no ${lacks.join(', no ')}`];
  });
  const named = Object.entries(roles).map(([role, column]) => `${role} ${column === null ? 'none' : `"${column}"`}`);
  return [
    `What ${source} can support. Its columns: ${named.join(', ')}.`,
    ...otherColumns(others),
    '"-": the cell means nothing. "no X": the log has no X, so templates of the cell cannot be filled in.',
    '',
    ...tables.flatMap((table) => [table, '']),
    renderTable(['family', 'wordings', ''], listed),
    '',
    `supported: ${supported.cells} of ${cells.length} cells, ${supported.families} of ${families.length} families`,
    `with texts that a model writes or that were imported (texts in a recipe): ${written.cells} cells, ${written.families} families`,
  ].join('\n');
}

/** Attributes that a recipe may give a role: a log rarely calls its reviews "review". */
function otherColumns({ items, interactions }: SourceCoverage['others']): string[] {
  const listed = [
    ...(items.length > 0 ? [`of items (category, tags): ${items.join(', ')}`] : []),
    ...(interactions.length > 0 ? [`of interactions (headline, review): ${interactions.join(', ')}`] : []),
  ];
  if (listed.length === 0) return [];
  return [`A recipe's \`columns\` may take others of the log for them, ${listed.join('; ')}.`];
}
