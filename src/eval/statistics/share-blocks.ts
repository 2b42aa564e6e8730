import { blockCount, type Resampling, resampleBlock } from './resample-block.js';

/** A resampling that several threads work on; its arrays lie in memory that they share. */
export interface SharedResampling extends Resampling {
  readonly values: Float64Array; // of statistic i in resample r at i * resamples + r
  readonly next: Int32Array; // one number: the first block that nobody has taken
  readonly done: Int32Array; // one a block: 1 when its values are written
}

export function shareable(resampling: Resampling): SharedResampling {
  const shared = <Values>(Kind: new (memory: SharedArrayBuffer) => Values, count: number, bytes: number) =>
    new Kind(new SharedArrayBuffer(count * bytes));
  return {
    ...resampling,
    values: shared(Float64Array, resampling.statistics.length * resampling.resamples, 8),
    next: shared(Int32Array, 1, 4),
    done: shared(Int32Array, blockCount(resampling), 4),
  };
}

/** Takes block after block until all are taken. */
export function takeBlocks(work: SharedResampling): void {
  const { next, done, values } = work;
  for (let block = Atomics.add(next, 0, 1); block < done.length; block = Atomics.add(next, 0, 1)) {
    resampleBlock(work, block, values);
    Atomics.store(done, block, 1);
    Atomics.notify(done, block);
  }
}

/**
 * Waits until all blocks are done. One whose thread does not deliver within the patience is computed here: the same numbers, wherever they come from.
 *
 * patience  milliseconds for each block
 */
export function awaitBlocks(work: SharedResampling, patience: number): void {
  const { done, values } = work;
  for (let block = 0; block < done.length; block++) {
    if (Atomics.load(done, block) === 1 || Atomics.wait(done, block, 0, patience) !== 'timed-out') continue;
    resampleBlock(work, block, values);
  }
}
