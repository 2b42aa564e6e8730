import { nearestWord, RectuneError } from '../core/errors.js';
import { cellId, MEANINGFUL_CELLS } from '../core/grid.js';
import { TemplateHead } from '../core/template.js';
import { packageRoot } from '../platform/files.js';
import { cellTemplates, gridTemplate, isGridName } from './grid.js';
import { openTemplateFile } from './template-file.js';
import { allTemplates } from './template-library.js';

/** A template as it is written, before anything is filled in. */
export interface TemplateText {
  readonly head: TemplateHead; // with instruction and output
  readonly input: string;
}

/**
 * The texts that a name of the library stands for.
 *
 * name    a template, a family or a cell of the grid
 * throws  RectuneError 'usage' for a name of none
 */
export function templateTexts(name: string): TemplateText[] {
  return namesOf(name).map((one) => {
    const { head, body } = isGridName(one)
      ? gridTemplate(one)
      : openTemplateFile(`${packageRoot()}/templates/${one}.hbs`, TemplateHead);
    return { head, input: body.replace(/\n$/, '') }; // the newline that ends the file
  });
}

function namesOf(name: string): readonly string[] {
  const all = allTemplates();
  if (all.includes(name)) return [name];
  const cell = MEANINGFUL_CELLS.find((one) => cellId(one) === name);
  if (cell) return cellTemplates(cell);
  const family = all.filter((one) => one.startsWith(`${name}/`));
  if (family.length > 0) return family;
  const families = [...new Set(all.map((one) => one.split('/')[0] as string))];
  const near = nearestWord(name, [...all, ...families, ...MEANINGFUL_CELLS.map(cellId)]);
  const fix = `${near ? `did you mean "${near}"? ` : ''}name a template, a cell such as p1-i0-t3-plain, or one of the families ${families.join(', ')}`;
  throw new RectuneError('usage', `the library has no "${name}"`, 'rectune templates --of', fix);
}
