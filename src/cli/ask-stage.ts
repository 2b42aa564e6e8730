import type { DatasetVersion } from '../core/dataset-version.js';
import { type Evaluation, RANKING_KINDS, type RankingKind } from '../core/evaluation.js';
import { counted } from '../eval/numbers.js';
import type { Store } from '../store/store.js';
import type { KeptAnswer } from '../trainers/asked-run.js';
import type { Execution } from '../trainers/execute-run.js';
import { PredictOptions } from '../trainers/predict.js';
import { RankOptions, rankableRows, rankRun } from '../trainers/rank-run.js';
import { WriteOptions, writableRows, writeRun } from '../trainers/write-run.js';
import { judgeRun, listsToJudge } from './judge-run.js';
import type { Stoppable } from './signals.js';

/** Where rankings and texts are told of, and what they take of the machine. */
export interface AskStage extends Omit<Execution, 'signal'> {
  readonly stoppable: Stoppable;
  readonly recipe: string;
  readonly threads: number | undefined;
  readonly onStage: (line: string) => void;
}

/**
 * Before anything is trained: whether the version has rows that answer what is to be asked.
 *
 * recipe  file of the version's recipe
 * throws  RectuneError 'usage' when it has none
 */
export async function requireAskable(
  store: Store,
  version: DatasetVersion,
  { rank, write }: Evaluation,
  recipe: string,
): Promise<void> {
  if (rank.candidates) rankableRows(store, version, 'candidates');
  if (rank.catalogue) rankableRows(store, version, 'catalogue');
  if (rank.judgement) await listsToJudge(store, version, rank.judgement, recipe);
  if (write) writableRows(store, version);
}

/** Ranks and writes what a recipe asks for beside its test rows. What was asked before is not asked again. */
export async function askBeside(
  store: Store,
  run: string,
  { rank, write }: Evaluation,
  stage: AskStage,
): Promise<void> {
  const { stoppable, threads, onStage } = stage;
  for (const kind of RANKING_KINDS) {
    const ask = rankingOf(store, run, kind, rank, stage);
    if (!ask) continue;
    onStage(`rank: ${RANKING_WORDS[kind]}, adapter and base model`);
    const { result, reused } = await stoppable(ask);
    onStage(`rank: ${counted(result.answers.length, 'row')}${reused ? ', asked before' : ''}`);
  }
  if (!write) return;
  onStage('write: texts behind rows that free text answers, adapter and base model');
  const { result, reused } = await stoppable((signal) =>
    writeRun(store, { run, options: WriteOptions.parse({ ...write, threads }) }, { ...stage, signal }),
  );
  onStage(`write: ${counted(result.answers.length, 'row')}${reused ? ', written before' : ''}`);
}

const RANKING_WORDS: Readonly<Record<RankingKind, string>> = {
  candidates: "titles of each row's candidates",
  catalogue: 'titles of all items',
  judgement: 'a judgement about each candidate',
};

type Ask = (signal: AbortSignal) => Promise<KeptAnswer<{ readonly answers: readonly unknown[] }>>;

function rankingOf(
  store: Store,
  run: string,
  kind: RankingKind,
  rank: Evaluation['rank'],
  stage: AskStage,
): Ask | undefined {
  const { threads, recipe } = stage;
  if (kind === 'judgement') {
    const settings = rank.judgement;
    const computing = PredictOptions.parse({ threads });
    return settings && ((signal) => judgeRun(store, { ...stage, run, recipe, settings, computing, signal }));
  }
  const settings = rank[kind];
  return (
    settings &&
    ((signal) =>
      rankRun(store, { run, set: kind, options: RankOptions.parse({ ...settings, threads }) }, { ...stage, signal }))
  );
}
