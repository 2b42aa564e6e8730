import type { CurationStep } from '../../core/curation/steps.js';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import { type Instruction, type InstructionLine, instructionLine } from '../../core/instruction.js';

/** What a row comes to under a model. */
export interface CountedTokens {
  readonly tokens: number; // prompt with all its history, its own answer, end token
  readonly fits: boolean; // with all its history and each answer that it could have, within the limit
}

/** Rows as they are now, counted by the program that trains on them; by their row numbers, without those that the model has no tokens for. */
export type CountTokens = (request: {
  readonly lines: Iterable<InstructionLine>;
  readonly labels: DatasetVersion['labels']; // of rows that name none of their own
  readonly model: string;
  readonly limit: number; // tokens
}) => Promise<ReadonlyMap<number, CountedTokens>>;

type CountingStep = Extract<CurationStep, { kind: 'long-prompts' | 'short-prompts' }>;

export function countsTokens(step: CurationStep): step is CountingStep {
  return step.kind === 'long-prompts' || step.kind === 'short-prompts';
}

/** Steps that count tokens and name no model count those of this one. Throws RectuneError 'usage' when there is none either. */
export function withModel(steps: readonly CurationStep[], model: string | undefined): CurationStep[] {
  return steps.map((step) => {
    if (!countsTokens(step) || step.model !== undefined) return step;
    if (model !== undefined) return { ...step, model };
    const characters = step.kind === 'long-prompts' ? 'many-characters' : 'few-characters';
    throw new RectuneError(
      'usage',
      `${step.kind} counts the tokens of a model, and none is named`,
      step.kind,
      `name one: --model M.gguf, or {tokens: ${step.tokens}, model: M.gguf}; ${characters} counts characters, without a model`,
    );
  });
}

/** The rows of a split under the model of a step: what is over-long does not fit its tokens, what is short fits one less. */
export function countRows(
  step: CountingStep,
  { labels }: Pick<DatasetVersion, 'labels'>,
  rows: Iterable<Instruction>,
  count: CountTokens | undefined,
): ReturnType<CountTokens> {
  if (count === undefined || step.model === undefined)
    throw new Error(`${step.kind} has no model, or nothing that counts`);
  function* lines(): Generator<InstructionLine, void> {
    for (const row of rows) yield instructionLine(row, { weights: undefined, ownAnswers: labels === null });
  }
  const limit = step.kind === 'long-prompts' ? step.tokens : step.tokens - 1;
  return count({ lines: lines(), labels, model: step.model, limit });
}
