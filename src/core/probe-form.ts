import type { InstructionLine } from './instruction.js';

/** The template that a text was made by. */
export interface RenderedBy {
  readonly id: string;
  readonly hash: string; // SHA-256 of its file, or of its composed text
}

/** A row of test in one form of a probe, as models are asked it. */
export interface ProbeForm {
  readonly row: number; // of test
  readonly variant: number; // place in the probe's variants
  readonly places: readonly number[] | null; // by candidate of the row as it is: where it stands in this form's list; null: no list, or as it is
  readonly line: InstructionLine;
  readonly by: RenderedBy;
}
