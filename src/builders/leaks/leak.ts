import type { Instruction } from '../../core/instruction.js';
import type { SplitRule } from '../../core/recipe.js';
import { rowName } from '../row-name.js';

/** What can be wrong with rows, each with the sentence that an error says of them. */
export const LEAKS = {
  // of one row: where its history and its target come from
  'target-in-history': 'show their target in their history',
  'later-in-history': 'show something in their history that is not before the target',
  'foreign-history': 'show an interaction of another user in their history',
  'unordered-history': 'show their history in another order than the user has it, or an interaction twice',
  'unknown-line': 'name a line of the log that no interaction stands on',
  'foreign-target': 'ask about a target that is not of their user',
  'forbidden-target': 'ask about an interaction that the recipe lets stand in histories alone',
  'other-item': 'ask about another item than their target line names',
  'wrong-history-label': 'show a history item as liked or disliked against the label rule',
  'wrong-label': 'have a label that the label rule does not give to their target',
  // of one row: its text
  'other-text-in-history': 'print in the place of a history item something that is not this item',
  'target-named': 'name their target in a prompt that may not show it',
  'review-shown': "print the user's own review of the target in a prompt that may not show it",
  'answer-shown': 'print their answer in the prompt',
  'answer-appended': 'end in their own answer already',
  'later-title': 'name an item in a taste or a need that the user met only later',
  'broken-ranges': 'mark ranges that do not lie in the prompt, in order and at characters',
  'unfilled-slot': 'hold a slot that was not filled in',
  // of one row: its answers
  'answer-not-among-choices': 'have an answer that is none of their choices',
  'equal-choices': 'have two choices that are the same',
  'answer-against-label': 'have an answer that says the other label',
  'wrong-choice': 'have an answer that stands for another candidate than the target',
  // of one row: its candidates
  'target-not-candidate': 'do not hold the target once among their candidates',
  'met-candidate': 'offer a candidate beside the target that the user met',
  'twin-candidates': 'offer two candidates of one title',
  'candidate-not-shown': 'do not show one of their candidates',
  'candidates-against-choices': 'have not as many candidates as choices',
  // across rows
  'place-of-target': 'hold the target at one place of the candidate list far more often than at others',
  numbering: 'are not numbered from 0 in their split',
  'twin-prompt': 'have a prompt that stands in another split, too',
  'same-question': 'ask the same as another row of their split: same user, target, template',
  'target-in-two-splits': 'ask about an interaction that another split asks about, too',
  'user-in-two-splits': 'are of a user who stands in another split, too',
  'evaluation-target-in-train': 'show in train what valid or test asks about',
  'later-train': 'ask in train (or valid) about something that is not before what valid (or test) asks about',
  'unseen-wording-in-train': 'stand in train with a wording that is for evaluation only',
} as const satisfies Record<string, string>;
export type LeakKind = keyof typeof LEAKS;

/** A row that breaks a promise. */
export interface Leak {
  readonly kind: LeakKind;
  readonly row: string; // "test row 3"
  readonly detail: string; // what was found, with its value
}

export function leak(kind: LeakKind, row: Pick<Instruction, 'split' | 'row'>, detail: string): Leak {
  return { kind, row: rowName(row), detail };
}

/** An interaction as the proof sees it: read from the store, apart from the code that made the rows. */
export interface ProvenInteraction {
  readonly userId: string;
  readonly itemId: string;
  readonly line: number; // logIndex
  readonly position: number; // in the user's order
  readonly timestamp: number | null;
  readonly liked: boolean;
  readonly mayBeTarget: boolean; // by the recipe's examples
  readonly review: string | undefined;
  readonly title: string | undefined; // of the item
  readonly titleBytes: DataView; // the same in UTF-8
  readonly forms: readonly string[]; // what a prompt may hold when it prints the title, the title itself first
}

/** What the proof knows of the log. */
export interface ProofLog {
  line(logIndex: number): ProvenInteraction | undefined;
  title(itemId: string): string | undefined;
  /** What a prompt may hold when it prints the item's title, the title itself first. */
  forms(itemId: string): readonly string[];
  of(userId: string): readonly ProvenInteraction[]; // in the user's order
  metBy(userId: string): ReadonlyMap<string, readonly ProvenInteraction[]>; // the same by item
}

/** What the proof knows of a template, by id. */
export interface ProofTemplate {
  readonly promptSlots: ReadonlySet<string>;
  readonly asksForItem: boolean; // the target is the answer
  readonly evaluationOnly: boolean;
  readonly labels: readonly [string, string] | null; // null: no judgement, or thoughts before it
}

/** Which promises hold for the version. */
export interface ProofRule {
  readonly split: SplitRule['kind'];
  readonly dislikedCandidates: boolean; // candidates may be what the user met and did not like
  readonly drawnTargets: boolean; // an implicit log: some targets were drawn, and count as not liked
  readonly twins: 'refuse' | 'count' | 'drop';
}
