import { nearestWord, RectuneError } from '../core/errors.js';
import { gridTemplates } from './grid.js';
import { packagedTemplates } from './packaged-templates.js';

/** Names of all templates of the package: those in files, then those of the grid. */
export function allTemplates(): string[] {
  return [...packagedTemplates(), ...gridTemplates()];
}

/** Folder or grid that a name begins with. */
const familyFolder = (name: string): string => name.split('/')[0] as string;

/**
 * Names of a family's templates. Throws RectuneError 'usage' for a family that there is not.
 *
 * where  what the error names
 */
export function familyTemplates(family: string, where: string): string[] {
  const all = allTemplates();
  const found = all.filter((name) => familyFolder(name) === family);
  if (found.length > 0) return found;
  const known = [...new Set(all.map(familyFolder))];
  const near = nearestWord(family, known);
  const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${known.join(', ')}`;
  throw new RectuneError('usage', `there is no family "${family}"`, where, fix);
}
