import type { Instruction } from '../../core/instruction.js';
import type { Prediction } from '../../core/prediction.js';
import type { RankedBy, RankedModel, RankingReport } from '../../core/report-rankings.js';
import { SCORINGS } from '../../core/task-report.js';
import { type RankedList, targetRank } from '../metrics/ranked-list.js';
import { choiceScores } from './score-task.js';

/** A row that was ranked, as the version has it; predictions where there are some. */
export interface RankedRow {
  readonly instruction: Pick<Instruction, 'row' | 'userId' | 'itemId' | 'candidates' | 'scored'>;
  readonly adapter?: Prediction | undefined;
  readonly base?: Prediction | undefined;
}

/** The lists of all rows in one order. */
export interface Ranking {
  readonly model: RankedModel;
  readonly by: RankedBy | null;
  readonly lists: readonly RankedList[]; // of each row
}

/** What was asked, and every ranking of the same rows. */
export interface Rankings extends Pick<RankingReport, 'set' | 'list' | 'metrics' | 'written' | 'judged'> {
  readonly rankings: readonly Ranking[];
  readonly unmet?: {
    readonly list: string;
    readonly rankings: readonly Ranking[];
    readonly short: NonNullable<RankingReport['unmet']>['short'];
  }; // without what the users met before
}

/**
 * The rankings of rows' own candidates by what predictions say of their titles, each scoring that all rows have.
 *
 * targets  places of the targets in the lists
 */
export function likelihoodRankings(rows: readonly RankedRow[], targets: readonly number[]): Ranking[] {
  const found: Ranking[] = [];
  for (const by of SCORINGS) {
    for (const model of ['adapter', 'base'] as const) {
      const lists = rows.flatMap((row, place) => {
        const prediction = row[model];
        if (!prediction) return [];
        return [targetRank(choiceScores(row.instruction, prediction, by), targets[place] as number)];
      });
      if (lists.length === rows.length) found.push({ model, by, lists });
    }
  }
  return found;
}
