import { RectuneError } from '../core/errors.js';
import type { FitKind, FitResult, FittedRow } from '../core/fit-result.js';
import { ID_MODELS, type IdModelId, idModel } from '../core/id-models.js';
import type { Split } from '../core/instruction.js';
import type { EvaluatedInstruction } from './align-predictions.js';

/** A kept result of a fit, and the file that holds it. */
export interface KeptFit {
  readonly file: string; // name without its ending
  readonly sha256: string;
  readonly result: FitResult;
}

type Evaluated = Exclude<Split, 'train'>;
type AskedRow = Pick<EvaluatedInstruction, 'row' | 'itemId' | 'label' | 'candidates'>;

/** What ID models say of the rows of one split. */
export interface FittedSplit {
  /** Those that score rows of a kind, in the order of ID_MODELS. */
  models(kind: FitKind): IdModelId[];
  /**
   * Scores of the candidates of each row, [seed][row][candidate], rows in the order given; of a judgement one candidate.
   *
   * rows    of that kind, of the split
   * throws  RectuneError 'data' when the file does not hold them
   */
  scores(model: IdModelId, kind: FitKind, rows: readonly AskedRow[]): (readonly number[])[][];
}

/** fits  at most one of a model, a protocol and a kind */
export function fittedSplit(fits: readonly KeptFit[], split: Evaluated): FittedSplit {
  const of = new Map(fits.map((fit) => [`${idModel(fit.result.model, fit.result.protocol)} ${fit.result.kind}`, fit]));
  return {
    models: (kind) => ID_MODELS.filter((model) => of.has(`${model} ${kind}`)),
    scores(model, kind, rows) {
      const fit = of.get(`${model} ${kind}`);
      if (!fit) throw new Error(`${model} was not fitted on rows of the kind ${kind}`);
      return fit.result.seeds.map((seed) => {
        const byRow = new Map(seed[split].map((row) => [row.row, row]));
        return rows.map((row) => scoresOf(fit, split, row, byRow.get(row.row)));
      });
    },
  };
}

function scoresOf({ file, result }: KeptFit, split: Evaluated, asked: AskedRow, said: FittedRow | undefined) {
  const { row, itemId, label, candidates } = asked;
  const wanted = candidates?.length ?? 1;
  const right = candidates ? candidates.indexOf(itemId) : label === true ? 0 : -1;
  const fits = said?.scores.length === wanted && (said.relevant[0] ?? -1) === right && said.relevant.length <= 1;
  if (said && fits) return said.scores;
  throw new RectuneError(
    'data',
    `the fit of ${result.model} ${said ? 'is about another row than' : 'says nothing of'} row ${row} of split "${split}"`,
    `fits/${result.versionHash}/${file}.json`,
    'fit it again: rectune fit --again',
  );
}
