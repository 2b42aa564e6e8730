import { RectuneError } from '../core/errors.js';
import { cellId } from '../core/grid.js';
import { TextRules } from '../core/recipe.js';
import type { Store } from '../store/store.js';
import { gridCoverage, type LogFields, missingColumns, type Written } from './coverage.js';
import { logFields } from './dataset-plan.js';
import { readLog } from './read-log.js';
import type { LibraryOverview } from './template-library.js';
import { writtenSlots } from './writers.js';

/** What a log can support: for each cell of the grid and each template the columns that are missing. */
export interface SourceCoverage {
  readonly source: string;
  readonly roles: Readonly<Record<string, string | null>>; // attribute of each role; null: the log has none
  readonly others: { readonly items: readonly string[]; readonly interactions: readonly string[] }; // attributes that no role has, which a recipe may give it
  readonly cells: readonly { readonly cell: string; readonly missing: readonly string[] }[];
  readonly families: readonly {
    readonly family: string;
    readonly templates: readonly { readonly id: string; readonly missing: readonly string[] }[];
  }[];
  readonly supported: Supported; // with texts by rule
  readonly written: Supported; // with texts that a model writes or that were imported
}

interface Supported {
  readonly cells: number;
  readonly families: number;
}

/** throws  RectuneError 'usage' when the log is not imported */
export function sourceCoverage(store: Store, sourceId: string, library: LibraryOverview): SourceCoverage {
  if (!store.sources.find(sourceId)) {
    const known = store.sources.list().map(({ id }) => id);
    const fix = known.length > 0 ? `use one of ${known.join(', ')}` : 'import it first: rectune import FOLDER';
    throw new RectuneError('usage', `the log "${sourceId}" is not imported`, 'rectune templates', fix);
  }
  const { sources } = store;
  const log = readLog(store, sourceId, 0);
  const columns = logFields(log, {}, sources.items(sourceId), sources.describedUsers(sourceId));
  const taken = new Set<string | undefined>(Object.values(columns.roles));
  const others = (names: ReadonlySet<string>) => [...names].filter((name) => !taken.has(name)).sort();
  const { cells, families } = covered(columns, library);
  return {
    source: sourceId,
    roles: Object.fromEntries(Object.entries(columns.roles).map(([role, column]) => [role, column ?? null])),
    others: { items: others(columns.items), interactions: others(log.attributeNames) },
    cells,
    families,
    supported: supportedOf({ cells, families }),
    written: supportedOf(covered(columns, library, WRITTEN)),
  };
}

const WRITTEN = writtenSlots({
  texts: TextRules.parse({ preference: 'model', vagueIntention: 'model', reasoning: 'model', knowledge: 'model' }),
});

type Covered = Pick<SourceCoverage, 'cells' | 'families'>;

function covered(columns: LogFields, library: LibraryOverview, written?: Written): Covered {
  return {
    cells: gridCoverage(columns, written).map(({ cell, missing }) => ({ cell: cellId(cell), missing })),
    families: library.families.map(({ family, templates }) => ({
      family,
      templates: templates.map((one) => ({ id: one.head.id, missing: missingColumns(one, columns, written) })),
    })),
  };
}

function supportedOf({ cells, families }: Covered): Supported {
  return {
    cells: cells.filter(({ missing }) => missing.length === 0).length,
    families: families.filter(({ templates }) => templates.some(({ missing }) => missing.length === 0)).length,
  };
}
