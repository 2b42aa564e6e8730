import type { DatasetVersion } from '../core/dataset-version.js';
import { type Instruction, SPLITS, type Split } from '../core/instruction.js';
import type { TrainOptions } from '../core/run-config.js';
import type { Store } from '../store/store.js';
import { drawShots } from './shots.js';

type Label = 'liked' | 'not liked';

const MOST_READ = 100_000; // rows of mixed tasks that are read for it; of more nothing is said

/**
 * What to warn of before a training whose judgements all have one label, be it all rows of train or those that `shots` draws: nothing in them tells what is
 * liked. undefined when both labels are there, no row is a judgement, or more shots are asked for than there are rows.
 */
export function oneLabelLearned(
  store: Store,
  version: DatasetVersion,
  { shots, seed }: Pick<TrainOptions, 'shots' | 'seed'>,
): string | undefined {
  const { train } = version.counts;
  if (shots === undefined || shots >= train) return oneLabelParts(store, version, ['train'])[0];
  const label = onlyLabel(rowsOf(store, version.hash, drawShots(shots, train, seed)));
  if (label === undefined) return undefined;
  return (
    `all judgements among the ${shots} rows that seed ${seed} draws from train are ${label}, so they do not tell what is liked: use more --shots or another ` +
    '--seed, or balance train first: rectune curate --step "balance: {labels: true}"'
  );
}

/** The same of each part of a version: of train that nothing can be learned, of the others that no AUC is defined. */
export function oneLabelParts(store: Store, version: DatasetVersion, splits: readonly Split[] = SPLITS): string[] {
  return splits.flatMap((split) => {
    const label = labelOfPart(store, version, split);
    if (label === undefined) return [];
    const so = split === 'train' ? 'there is nothing to learn' : 'no AUC is defined there';
    return [`all judgements of ${split} are ${label}, so ${so}: correct the label rule, or draw negatives`];
  });
}

function labelOfPart(store: Store, { hash, labels, counts }: DatasetVersion, split: Split): Label | undefined {
  const rows = counts[split];
  if (rows === 0) return undefined;
  if (labels === null) return rows > MOST_READ ? undefined : onlyLabel(store.versions.facts(hash, split));
  const liked = counts.liked[split];
  return liked === 0 ? 'not liked' : liked === rows ? 'liked' : undefined;
}

function* rowsOf(store: Store, hash: string, rows: readonly number[]): Generator<Instruction> {
  for (const row of rows) {
    const found = store.versions.instruction(hash, 'train', row);
    if (found) yield found;
  }
}

function onlyLabel(rows: Iterable<Pick<Instruction, 'label'>>): Label | undefined {
  let only: boolean | undefined;
  for (const { label } of rows) {
    if (label === null) continue;
    if (only !== undefined && only !== label) return undefined;
    only = label;
  }
  return only === undefined ? undefined : only ? 'liked' : 'not liked';
}
