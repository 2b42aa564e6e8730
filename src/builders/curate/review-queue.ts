import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { Split } from '../../core/instruction.js';
import type { ReviewLine } from '../../core/review.js';
import { exists } from '../../platform/files.js';
import type { Store } from '../../store/store.js';
import { likedProbability, rankSuspects } from './label-noise.js';
import { readReview, reviewKey } from './review-file.js';
import type { Stage } from './stage.js';

/** In which order rows are looked at. */
export const REVIEW_ORDERS = ['uncertainty', 'noise', 'row'] as const;
export type ReviewOrder = (typeof REVIEW_ORDERS)[number];

/** A row that waits for a verdict, and why it is looked at now. */
export interface Waiting {
  readonly split: Split;
  readonly row: number;
  readonly note: string;
}

export interface ReviewQueue {
  readonly order: ReviewOrder;
  readonly waiting: Waiting[];
  readonly said: Map<string, ReviewLine>; // by reviewKey
}

/**
 * The rows of a split without a verdict: first those that the review file asks for, in its order, then the others, by the order or, without
 * one, by uncertainty where there are predictions.
 *
 * throws  RectuneError 'usage' for an order that needs predictions where there are none
 */
export function reviewQueue(
  store: Store,
  stage: Stage,
  split: Split,
  file: string,
  wanted: ReviewOrder | undefined,
): ReviewQueue {
  const { version } = stage;
  const predicted = store.predictions.of(version.hash, split).length > 0;
  const order = wanted ?? (predicted ? 'uncertainty' : 'row');
  const said = exists(file) ? readReview(file, version) : new Map<string, ReviewLine>();
  const asked = [...said.values()].filter((line) => line.split === split && line.verdict === 'open');
  const rest = order === 'row' ? inOrder(version, split) : byModel(stage, split, order);
  const waiting = [
    ...asked.map(({ row, note }) => ({ split, row, note })),
    ...rest.filter((row) => !said.has(reviewKey(row))),
  ];
  return { order, waiting, said };
}

function inOrder({ counts }: DatasetVersion, split: Split): Waiting[] {
  return Array.from({ length: counts[split] }, (_, row) => ({ split, row, note: '' }));
}

function byModel(stage: Stage, split: Split, order: 'uncertainty' | 'noise'): Waiting[] {
  const judged = stage.predictions(split).flatMap((prediction) => {
    const liked = likedProbability(prediction);
    return liked === undefined || prediction.label === null
      ? []
      : [{ row: prediction.row, label: prediction.label, liked }];
  });
  const ranked =
    order === 'noise'
      ? rankSuspects(judged)
      : judged.sort((a, b) => Math.abs(a.liked - 0.5) - Math.abs(b.liked - 0.5) || a.row - b.row);
  if (ranked.length === 0) {
    const fix = 'use --order row';
    throw new RectuneError(
      'usage',
      `the predictions on ${split} say nothing of labels`,
      `version ${stage.version.name}`,
      fix,
    );
  }
  return ranked.map(({ row, label, liked }) => ({
    split,
    row,
    note: `labelled ${label ? 'liked' : 'not liked'}, P(liked) ${liked.toFixed(3)}`,
  }));
}
