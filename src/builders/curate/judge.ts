import type { StepKind, StepOf } from '../../core/curation/steps.js';
import type { DatasetVersion } from '../../core/dataset-version.js';
import type { Instruction, InstructionFacts, Split } from '../../core/instruction.js';
import type { Prediction } from '../../core/prediction.js';
import type { CountedTokens } from './counted-tokens.js';
import type { LogFacts } from './log-facts.js';

/** What becomes of a row: it stays (undefined), it goes and a sentence says why, or it is changed. */
export type Verdict =
  | undefined
  | string
  | { readonly changed: Instruction; readonly audit: Readonly<Record<string, number>> };

/** Asked about each row of a split once, in order. */
export type Judge = (row: Instruction) => Verdict;
/** The same, without the texts of the row, which are then not read. */
export type FactsJudge = (row: InstructionFacts) => string | undefined;

/** The version as the steps before left it. Rows have the numbers of the parent. */
export interface Scene {
  readonly version: DatasetVersion;
  readonly log: LogFacts;
  /** How many rows a split has at most. */
  size(split: Split): number;
  /** Each time from the beginning. */
  rows(split: Split): Iterable<Instruction>;
  /** The same rows without their texts: many times faster. */
  facts(split: Split): Iterable<InstructionFacts>;
  row(split: Split, row: number): Instruction;
  familyOf(row: InstructionFacts): string;
  /** The newest set of predictions on a split, or the one whose id begins so. */
  predictions(split: Split, id?: string): readonly Prediction[];
  /** What the review file says, by split and row. */
  verdicts(file: string | undefined): { of(row: InstructionFacts): 'keep' | 'drop' | undefined };
  /** A row's tokens, of a step that counts them; undefined: the model has none for its text. */
  readonly tokensOf: (row: Instruction) => CountedTokens | undefined;
  /** Bytes of a key file. */
  key(file: string): Uint8Array;
}

/** Looks at a split as far as a step needs to, and returns what judges its rows. */
export type JudgeMaker<Kind extends StepKind, Made = Judge> = (
  settings: StepOf<Kind>,
  scene: Scene,
  split: Split,
) => Made;
export type JudgeMakers<Kind extends StepKind, Made = Judge> = { readonly [One in Kind]: JudgeMaker<One, Made> };

/** One string for equal ones: a million rows name few users. */
export function interned(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    known.set(text, text);
    return text;
  };
}
