import { RectuneError } from '../../core/errors.js';
import type { Instruction, InstructionLine } from '../../core/instruction.js';
import { Random } from '../../core/random.js';
import type { CandidateRule } from '../../core/recipe.js';
import type { Template } from '../load-template.js';
import type { ProbedRow, ProbeGround } from './ground.js';

/** Slots whose texts stay what they are when another item stands in the target's place: none is made from the target's own event. */
const OF_ANY_TARGET: ReadonlySet<string> = new Set([
  'user',
  'history',
  'liked',
  'disliked',
  'preference',
  'target',
  'itemWord',
  'itemWords',
]);

/** A list of candidates, and the question about each. */
export interface JudgedList {
  readonly row: number;
  readonly candidates: readonly string[]; // item ids, the target among them
  readonly lines: readonly InstructionLine[]; // a judgement about each, in their order
}

/** Lists to be judged, and how many there were to draw from. */
export interface JudgedListsAsked {
  readonly lists: readonly JudgedList[]; // by row
  readonly eligible: number;
}

/**
 * The template that asks about one candidate: a judgement of the version whose prompt would be as true of another target.
 *
 * wanted  its id; without it the first of the version
 * throws  RectuneError 'usage' when the version has none, or not the wanted one
 */
export function judgingTemplate(ground: ProbeGround, wanted: string | undefined): Template {
  const { templates } = ground.plan.mixture;
  const fitting = templates.filter(
    ({ head, hasFixedLabels, promptSlots }) =>
      head.task === 'judgement' && hasFixedLabels && [...promptSlots].every((slot) => OF_ANY_TARGET.has(slot)),
  );
  const found = wanted === undefined ? fitting[0] : fitting.find(({ head }) => head.id === wanted);
  if (found) return found;
  const names = fitting.map(({ head }) => head.id).join(', ');
  throw new RectuneError(
    'usage',
    wanted === undefined
      ? 'no template of the version judges a target by what could be said of any other'
      : `the version has no template "${wanted}" that judges a target by what could be said of any other`,
    wanted === undefined ? 'the version of the run' : '--template',
    names === '' ? 'use a version with such a family, for example of recipes/tallrec-movie.yaml' : `it has ${names}`,
  );
}

/**
 * Lists of candidates with a judgement about each. Without a rule the lists are those of the version's rows that are answered by a candidate; with one they are
 * drawn beside the targets of judgements that were liked, from items that the user met at no time. A target that several rows ask about stands in the first.
 *
 * rule    how lists are drawn
 * most    lists, drawn by the seed
 * throws  RectuneError 'usage' when no row can be asked
 */
export function judgedLists(
  ground: ProbeGround,
  test: Iterable<Instruction>,
  template: Template,
  rule: CandidateRule | undefined,
  { most, seed }: { most: number; seed: number },
): JudgedListsAsked {
  const eligible = rule === undefined ? listedRows(test) : likedRows(test);
  if (eligible.length === 0) throw noRows(rule);
  const drawn = new Random(seed, 'judged lists').shuffle(eligible).slice(0, most);
  const rows = ground.rows(drawn);
  const lists = drawn
    .sort((a, b) => a.row - b.row)
    .flatMap((instruction): JudgedList[] => {
      const row = rows.get(instruction.row);
      if (row === undefined) return [];
      const candidates = rule === undefined ? instruction.candidates : ground.plan.candidatesBy(rule, row.example);
      const lines = candidates?.map((target) => ground.form(row, { template, target }));
      // A template may show more of an item than the lists were drawn for.
      if (!candidates || !lines?.every((line) => line !== undefined)) return [];
      return [{ row: instruction.row, candidates, lines: lines.map((line) => judgedLine(line, row)) }];
    });
  if (lists.length === 0) throw noRows(rule);
  return { lists, eligible: eligible.length };
}

/** With the label of the row's own target, whose answer the line was rendered with: only the answers' odds are asked for. */
function judgedLine(line: InstructionLine, { label }: ProbedRow): InstructionLine {
  return { ...line, label };
}

/** The first row of each target and list. */
function listedRows(test: Iterable<Instruction>): Instruction[] {
  const first = new Map<string, Instruction>();
  for (const instruction of test) {
    const { target, candidates } = instruction;
    if (candidates === null || candidates.length < 2) continue;
    const key = JSON.stringify([target, [...candidates].sort()]);
    if (!first.has(key)) first.set(key, instruction);
  }
  return [...first.values()];
}

function likedRows(test: Iterable<Instruction>): Instruction[] {
  const first = new Map<number, Instruction>();
  for (const instruction of test) {
    if (instruction.label === true && !first.has(instruction.target)) first.set(instruction.target, instruction);
  }
  return [...first.values()];
}

function noRows(rule: CandidateRule | undefined): RectuneError {
  return rule === undefined
    ? new RectuneError(
        'usage',
        'no row of test has a list of candidates that can be judged one by one',
        'the version of the run',
        'draw lists beside the liked targets of its judgements: --negatives 9',
      )
    : new RectuneError(
        'usage',
        'no judgement of test whose target was liked can be shown with other targets',
        'the version of the run',
        'use a version with judgements, for example of recipes/tallrec-movie.yaml',
      );
}
