import type { Instruction } from '../../core/instruction.js';
import type { ProbeName } from '../../core/probe.js';
import { lineBytes, MOST_ORDERS, MOST_PROBED, probedRows } from '../../core/probe-budget.js';
import { Random } from '../../core/random.js';
import { HISTORY_SLOTS } from '../show-example.js';
import type { ProbeGround } from './ground.js';
import type { Wordings } from './wordings.js';

/** Probes that ask rows of test. */
export type RowProbe = Exclude<ProbeName, 'completion'>;

/** Which rows of test each probe asks. */
export interface Subsample {
  readonly rows: Readonly<Record<RowProbe, readonly number[]>>; // ascending
  readonly eligible: Readonly<Record<RowProbe, number>>;
  readonly formBytes: number; // that one form of all rows costs under both models: what titles to complete may cost
  readonly bytes: number; // that the probes which share the budget cost together at the most
}

/** A row that can be asked, and what its forms cost in bytes of prompts under both models. */
interface Askable {
  readonly row: number;
  readonly bytes: number;
  readonly forms: Readonly<Record<RowProbe, number>>;
}

const MODELS = 2; // the base model, with its adapter and without

/** How many rows are drawn, and by what. */
export interface Drawing {
  readonly seed: number;
  readonly probes: readonly ProbeName[]; // that share the budget
  readonly bytes: number; // of prompts scored: what these may cost together
  readonly fewest: number; // rows of each probe, whatever they cost
}

/**
 * Draws rows of test, the same for all probes as far as they can ask them, so many that those which share the budget stay within it together.
 *
 * ground  undefined: rows can be asked only as they are
 */
export function drawSubsample(
  instructions: Iterable<Instruction>,
  ground: ProbeGround | undefined,
  wordings: Wordings | undefined,
  { seed, probes, bytes: budget, fewest }: Drawing,
): Subsample {
  const all: Askable[] = [];
  for (const instruction of instructions) {
    const askable = askableOf(instruction, ground, wordings);
    if (askable) all.push(askable);
  }
  const drawn = new Random(seed, 'probed rows').shuffle(all);
  const asking = (probe: RowProbe): Askable[] => drawn.filter(({ forms }) => forms[probe] > 0);
  const byProbe = record(asking);
  // Titles to complete may cost as much as one form of the rows.
  const costs = probes.map((probe) =>
    byProbe[probe === 'completion' ? 'serving' : probe]
      .slice(0, MOST_PROBED)
      .map(({ bytes, forms }) => MODELS * bytes * (probe === 'completion' ? 1 : forms[probe])),
  );
  const count = probedRows(costs, budget, fewest);
  return {
    rows: record((probe) =>
      byProbe[probe]
        .slice(0, count)
        .map(({ row }) => row)
        .sort((a, b) => a - b),
    ),
    eligible: record((probe) => byProbe[probe].length),
    bytes: costs.flatMap((one) => one.slice(0, count)).reduce((sum, bytes) => sum + bytes, 0),
    formBytes: byProbe.serving.slice(0, count).reduce((sum, { bytes }) => sum + MODELS * bytes, 0),
  };
}

/** How many forms each probe has of a row; nothing for a row whose answers are free text. */
function askableOf(
  instruction: Instruction,
  ground: ProbeGround | undefined,
  wordings: Wordings | undefined,
): Askable | undefined {
  const { row, choices, candidates } = instruction;
  if (choices === null || choices.length < 2) return undefined;
  const template = ground?.templateOf(instruction);
  const lists = template?.promptSlots.has('candidates') === true && candidates !== null && candidates.length > 1;
  const remembers = template !== undefined && HISTORY_SLOTS.some((slot) => template.slots.has(slot));
  const forms = {
    order: lists ? MOST_ORDERS : 0,
    wording: template && wordings ? wordings.of(template).length : 0,
    history: remembers ? 3 : 0,
    titles: template ? 1 : 0,
    serving: 1,
  };
  return { row, bytes: instructionBytes(instruction), forms };
}

export function instructionBytes({ prompt, scored, choices }: Instruction): number {
  return lineBytes(prompt, scored === 'likelihood' ? (choices ?? []) : []);
}

function record<T>(of: (probe: RowProbe) => T): Record<RowProbe, T> {
  return {
    order: of('order'),
    wording: of('wording'),
    history: of('history'),
    titles: of('titles'),
    serving: of('serving'),
  };
}
