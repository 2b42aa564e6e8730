import type { DatasetVersion } from '../../core/dataset-version.js';
import { type Instruction, SPLITS, type Split } from '../../core/instruction.js';
import type { Store } from '../../store/store.js';
import type { RowChange } from '../../store/version-diff.js';
import { type SettingChange, settingDiff } from './setting-diff.js';
import { type WordPiece, wordDiff } from './word-diff.js';

type Named = Pick<DatasetVersion, 'name' | 'hash'>;

/** A row that is in one of the versions alone, or says something else in the second. */
export interface ChangedRow {
  readonly change: RowChange;
  readonly split: Split;
  readonly before: number | null; // row of the first version
  readonly after: number | null;
  readonly user: string;
  readonly template: string;
  readonly prompt: readonly WordPiece[]; // of a row that was added or removed: one piece
  readonly answer: readonly WordPiece[];
  readonly label: readonly [before: boolean | null | undefined, after: boolean | null | undefined]; // undefined: there is no such row
}

export interface VersionDiff {
  readonly before: Named;
  readonly after: Named;
  readonly settings: readonly SettingChange[]; // of the recipes
  readonly inputs: readonly SettingChange[]; // source, its hash, hashes of the templates, steps of curation
  readonly totals: Readonly<Record<RowChange | 'same', number>>;
  readonly counts: readonly {
    readonly change: RowChange;
    readonly split: Split;
    readonly family: string; // of the template; its id where the manifest knows none
    readonly label: boolean | null;
    readonly rows: number;
  }[];
  readonly rows: readonly ChangedRow[];
}

/** What two versions differ in: settings, inputs and rows. limit: most rows shown of each kind of change. */
export function diffVersions(
  store: Store,
  before: DatasetVersion,
  after: DatasetVersion,
  { limit }: { limit: number },
): VersionDiff {
  const { counts, places } = store.diffs.compare(before.hash, after.hash, limit);
  const familyOf = new Map([...before.templates, ...after.templates].map(({ id, family }) => [id, family ?? id]));
  const grouped = new Map<string, VersionDiff['counts'][number]>();
  for (const { change, split, templateId, label, rows } of counts) {
    const family = familyOf.get(templateId) ?? templateId;
    const key = [change, split, family, label].join('\0');
    grouped.set(key, { change, split, family, label, rows: rows + (grouped.get(key)?.rows ?? 0) });
  }
  const totalOf = (change: RowChange): number =>
    counts.reduce((sum, one) => sum + (one.change === change ? one.rows : 0), 0);
  const [added, removed, changed] = [totalOf('added'), totalOf('removed'), totalOf('changed')];
  const all = SPLITS.reduce((sum, split) => sum + before.counts[split], 0);
  const rowOf = (version: DatasetVersion, split: Split, row: number | null): Instruction | undefined =>
    row === null ? undefined : store.versions.instruction(version.hash, split, row);
  return {
    before: { name: before.name, hash: before.hash },
    after: { name: after.name, hash: after.hash },
    settings: settingDiff(before.recipe, after.recipe),
    inputs: settingDiff(inputsOf(before), inputsOf(after)),
    totals: { same: all - removed - changed, added, removed, changed },
    counts: [...grouped.values()],
    rows: places.map((place) =>
      shown(place, rowOf(before, place.split, place.before), rowOf(after, place.split, place.after)),
    ),
  };
}

function inputsOf({ sourceId, sourceHash, templates, curation }: DatasetVersion) {
  const steps = curation && { curation: curation.steps.map(({ settings }) => settings) };
  return { source: sourceId, sourceHash, ...Object.fromEntries(templates.map(({ id, hash }) => [id, hash])), ...steps };
}

function shown(
  place: Pick<ChangedRow, 'change' | 'split' | 'before' | 'after'>,
  before: Instruction | undefined,
  after: Instruction | undefined,
): ChangedRow {
  const one = after ?? before;
  if (!one) throw new Error(`no row at ${JSON.stringify(place)}`);
  const piecesOf = (key: 'prompt' | 'answer'): WordPiece[] => {
    if (before && after) return wordDiff(before[key], after[key]);
    return [{ kind: before ? 'gone' : 'new', text: one[key] }];
  };
  return {
    ...place,
    user: one.userId,
    template: one.templateId,
    prompt: piecesOf('prompt'),
    answer: piecesOf('answer'),
    label: [before?.label, after?.label],
  };
}
