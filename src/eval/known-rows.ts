import { RectuneError } from '../core/errors.js';
import type { Instruction, Split } from '../core/instruction.js';
import { frequentPosition } from './baselines/frequent-position.js';
import { type KnownInteraction, trainInteractions, trainLines } from './baselines/train-log.js';
import type { LogLine, ReportInput } from './report.js';
import type { AnsweredRow } from './split-scores.js';
import { type MetBefore, metBefore } from './tasks/met-before.js';
import { readFacts } from './tasks/row-facts.js';
import type { TaskKnowledge } from './tasks/score-task.js';
import { kindOf, type TaskRow, taskRows } from './tasks/task-rows.js';

type Evaluated = Exclude<Split, 'train'>;

/** Rows with their templates, histories and facts. */
export interface KnownRows {
  readonly rows: Readonly<Record<Evaluated, readonly TaskRow[]>>;
  readonly knowledge: TaskKnowledge | undefined; // of the baselines of other tasks; undefined: all rows are judgements
  /** Interactions of train, without those that valid or test asks about; undefined: another log stands in the place of the version's. */
  train(): readonly KnownInteraction[] | undefined;
  /** What the users of test met before its targets; undefined: another log stands in the place of the version's. */
  met(): MetBefore | undefined;
}

/**
 * What is known of the rows beside what was said of them. Judgements alone are told of without the log when another one stands in its
 * place: then the facts that it would tell are left out.
 *
 * asked   the rows whose targets no baseline may count, whichever of them are answered here
 * throws  RectuneError 'data' when other tasks are asked and another log stands in the place of the version's
 */
export function knownRows(
  { version, train, log }: Pick<ReportInput, 'version' | 'train' | 'log'>,
  answered: Readonly<Record<Evaluated, readonly AnsweredRow[]>>,
  asked: readonly Pick<Instruction, 'target'>[],
): KnownRows {
  const both = [...answered.test, ...answered.valid];
  const judgementsAlone = both.every((row) => kindOf(row) === undefined);
  const lines = judgementsAlone ? withoutReplaced(log) : log;
  const shown = new Set(both.flatMap(({ instruction }) => instruction.historyInteractions));
  const items = new Map<number, string>();
  const ratings = new Set<number>();
  for (const { logIndex, itemId, rating } of lines()) {
    if (shown.has(logIndex)) items.set(logIndex, itemId);
    if (rating !== null) ratings.add(rating);
  }
  const ofTrain = trainLines(train, asked);
  const factsOf = readFacts(
    lines(),
    ofTrain,
    both.map(({ instruction }) => instruction),
  );
  const rowsOf = (rows: readonly AnsweredRow[]) => taskRows(version, rows, (line) => items.get(line), factsOf);
  const interactions = () => trainInteractions(ofTrain, lines());
  const knowledge = judgementsAlone
    ? undefined
    : {
        train: interactions(),
        places: frequentPosition(train),
        ratings: [...ratings].sort((a, b) => a - b),
      };
  const instructions = answered.test.map(({ instruction }) => instruction);
  return {
    rows: { test: rowsOf(answered.test), valid: rowsOf(answered.valid) },
    knowledge,
    train() {
      const train = knowledge?.train ?? interactions();
      return train.length > 0 ? train : undefined;
    },
    met: () => metBefore(lines(), instructions),
  };
}

/** The log, or no line of it when another one stands in its place. */
function withoutReplaced(log: () => Iterable<LogLine>): () => Iterable<LogLine> {
  return () => {
    try {
      return log();
    } catch (error) {
      if (error instanceof RectuneError && error.kind === 'data') return [];
      throw error;
    }
  };
}
