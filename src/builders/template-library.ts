import { nearestWord, RectuneError } from '../core/errors.js';
import { GRID, MEANINGFUL_CELLS } from '../core/grid.js';
import { FAMILIES } from '../core/template.js';
import { gridTemplates } from './grid.js';
import { loadTemplate, type Template } from './load-template.js';
import { packagedTemplates } from './packaged-templates.js';

/** Names of all templates of the package: those in files, then those of the grid. */
export function allTemplates(): string[] {
  return [...packagedTemplates(), ...gridTemplates()];
}

/** Of the package's templates, the family is the part of the name before the slash. */
const familyOf = (name: string): string => name.split('/')[0] as string;

/**
 * Names of a family's templates. Throws RectuneError 'usage' for a family that there is not.
 *
 * where  what the error names
 */
export function familyTemplates(family: string, where: string): string[] {
  const all = allTemplates();
  const found = all.filter((name) => familyOf(name) === family);
  if (found.length > 0) return found;
  const known = [...new Set(all.map(familyOf))];
  const near = nearestWord(family, known);
  const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${known.join(', ')}`;
  throw new RectuneError('usage', `there is no family "${family}"`, where, fix);
}

/** A family with its templates. */
export interface FamilyOverview {
  readonly family: string;
  readonly says: string;
  readonly templates: readonly Template[];
}

/** What the package holds. */
export interface LibraryOverview {
  readonly families: readonly FamilyOverview[]; // the library's own, in their order
  readonly published: FamilyOverview; // TALLRec's texts as published
  readonly grid: {
    readonly cells: number;
    readonly meaningful: number;
    readonly templates: number;
    readonly evaluationOnly: number;
  };
  readonly counts: { readonly families: number; readonly templates: number; readonly evaluationOnly: number };
}

/** Loads every template, and so checks it. */
export function libraryOverview(): LibraryOverview {
  const files = packagedTemplates().map((name) => loadTemplate(name, '.'));
  const of = (family: string, says: string): FamilyOverview => ({
    family,
    says,
    templates: files.filter(({ head }) => head.family === family),
  });
  const families = Object.entries(FAMILIES).map(([family, says]) => of(family, says));
  const grid = gridTemplates().map((name) => loadTemplate(name, '.'));
  const unseen = (templates: readonly Template[]): number => templates.filter(({ head }) => head.evaluationOnly).length;
  return {
    families,
    published: of('tallrec', 'the texts of TALLRec as published'),
    grid: {
      cells: GRID.length,
      meaningful: MEANINGFUL_CELLS.length,
      templates: grid.length,
      evaluationOnly: unseen(grid),
    },
    counts: {
      families: families.length,
      templates: files.length + grid.length,
      evaluationOnly: unseen(files) + unseen(grid),
    },
  };
}
