import { basename, join } from 'node:path';
import { isFolder, listFolder, packageRoot } from '../platform/files.js';

const OTHERS = ['wrappers', 'partials']; // folders of templates/ that are no family

/** Names of the template files that come with the package, in order: "pick/letter-1". Those of the grid stand in grid.ts. */
export function packagedTemplates(): string[] {
  const root = join(packageRoot(), 'templates');
  return listFolder(root)
    .filter((family) => !OTHERS.includes(family) && isFolder(join(root, family)))
    .flatMap((family) =>
      listFolder(join(root, family))
        .filter((file) => file.endsWith('.hbs'))
        .map((file) => `${family}/${basename(file, '.hbs')}`),
    );
}
