import type { FitKind } from '../core/fit-result.js';
import type { Instruction } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';

/** What is read of a row. */
export type FitRow = Pick<
  Instruction,
  'row' | 'userId' | 'itemId' | 'label' | 'candidates' | 'target' | 'historyInteractions' | 'historyLabels'
>;

type Logged = Pick<Interaction, 'logIndex' | 'userId' | 'itemId' | 'timestamp'>;

/** Lines of the files that native/ reads (docs/formats.md, "Files of the verb fit"). */
export interface FitLines {
  readonly interactions: readonly { items: number[]; liked: boolean[] }[]; // by user
  readonly items: number; // how many there are, those included that only candidates name
  /** Rows of a split that are of this kind, in its order; `row` is that of the split. */
  rows(split: 'valid' | 'test', kind: FitKind): ScoredLine[];
}

export interface ScoredLine {
  row: number;
  user: number | null;
  history: number[];
  liked: boolean[];
  candidates: number[];
  excluded: null;
  relevant: number[];
}

/** The part of an instruction that is read here: without its texts a large split takes little memory. */
export function fitRow(instruction: FitRow): FitRow {
  const { row, userId, itemId, label, candidates, target, historyInteractions, historyLabels } = instruction;
  return { row, userId, itemId, label, candidates, target, historyInteractions, historyLabels };
}

/** undefined: a rating or a text, which scores of items do not answer. */
export function fitKind({ label, candidates }: Pick<FitRow, 'label' | 'candidates'>): FitKind | undefined {
  if (label !== null) return 'judgement';
  return candidates === null ? undefined : 'choice';
}

/**
 * A dataset version as models of users and items see it. They learn from the interactions that rows of train hold, as target or in a history, each
 * once, without those that a row of valid or test asks for. An interaction without a label counts as liked; an item that was drawn as a negative is no
 * interaction at all.
 *
 * knows  what of a user is known when a row is scored: 'history' the interactions that the row shows, as the language model sees them; 'train' those, and
 *        what train holds of the user from before the target
 */
export function fitLines(
  { train, valid, test }: { train: readonly FitRow[]; valid: readonly FitRow[]; test: readonly FitRow[] },
  log: Iterable<Logged>,
  knows: 'train' | 'history',
): FitLines {
  const lines = linesShown([...train, ...valid, ...test], log);
  const learned = labelledLines(train, lines);
  for (const { target } of [...valid, ...test]) learned.delete(target);

  const users = new Map<string, Moment[]>();
  for (const [line, liked] of learned) {
    const { userId, ...met } = lines.get(line) as Logged;
    const known = users.get(userId);
    if (known) known.push({ ...met, liked });
    else users.set(userId, [{ ...met, liked }]);
  }
  for (const met of users.values()) met.sort(earlierFirst);

  const items = new Numbering();
  const numbers = new Numbering();
  const sequence = (met: readonly Moment[]) => ({
    items: met.map(({ itemId }) => items.of(itemId)),
    liked: met.map(({ liked }) => liked),
  });
  const interactions = [...users].map(([user, met]) => {
    numbers.of(user);
    return sequence(met);
  });
  const scored = (row: FitRow): ScoredLine => {
    const { items: history, liked } = sequence(knownBefore(row, lines, knows === 'train' ? users.get(row.userId) : []));
    const candidates = row.candidates ?? [row.itemId];
    const right = row.label === false ? [] : [row.itemId];
    return {
      row: row.row,
      user: users.has(row.userId) ? numbers.of(row.userId) : null,
      history,
      liked,
      candidates: candidates.map((item) => items.of(item)),
      excluded: null,
      relevant: right.map((item) => items.of(item)),
    };
  };
  const ofSplit = { valid: valid.map(scored), test: test.map(scored) };
  const kinds = { valid: valid.map(fitKind), test: test.map(fitKind) };
  return {
    interactions,
    items: items.count,
    rows: (split, kind) => ofSplit[split].filter((_, i) => kinds[split][i] === kind),
  };
}

type Moment = Omit<Logged, 'userId'> & { liked: boolean };

/** Interactions of the same second, and all of a log without times, keep the order of the log. */
const earlierFirst = (a: Moment, b: Moment) => (a.timestamp ?? 0) - (b.timestamp ?? 0) || a.logIndex - b.logIndex;

/** The lines of the log that rows show or ask for. */
function linesShown(rows: readonly FitRow[], log: Iterable<Logged>): Map<number, Logged> {
  const wanted = new Set(rows.flatMap(({ target, historyInteractions }) => [target, ...historyInteractions]));
  const lines = new Map<number, Logged>();
  for (const { logIndex, userId, itemId, timestamp } of log) {
    if (wanted.has(logIndex)) lines.set(logIndex, { logIndex, userId, itemId, timestamp });
  }
  return lines;
}

/** Lines that rows of train hold, and whether they were liked: as any row says, and liked where none does. */
function labelledLines(train: readonly FitRow[], lines: ReadonlyMap<number, Logged>): Map<number, boolean> {
  const said = new Map<number, boolean | null>();
  const hold = (line: number, liked: boolean | null) => {
    if (lines.has(line)) said.set(line, liked ?? said.get(line) ?? null);
  };
  for (const { target, itemId, label, historyInteractions, historyLabels } of train) {
    historyInteractions.forEach((line, i) => {
      hold(line, historyLabels[i] ?? null);
    });
    if (lines.get(target)?.itemId === itemId) hold(target, label);
  }
  return new Map([...said].map(([line, liked]) => [line, liked ?? true]));
}

/** What is known of the user before the target: of train, and of the row itself, each line once, oldest first. */
function knownBefore(row: FitRow, lines: ReadonlyMap<number, Logged>, ofTrain: readonly Moment[] = []): Moment[] {
  const target = lines.get(row.target);
  const known = new Map<number, Moment>();
  for (const met of ofTrain) {
    if (target && earlierFirst(met, { ...target, liked: true }) < 0) known.set(met.logIndex, met);
  }
  row.historyInteractions.forEach((line, i) => {
    const met = lines.get(line);
    if (met) known.set(line, { ...met, liked: row.historyLabels[i] ?? true });
  });
  return [...known.values()].sort(earlierFirst);
}

/** Numbers from 0 in the order of asking. */
class Numbering {
  readonly #numbers = new Map<string, number>();

  get count(): number {
    return this.#numbers.size;
  }

  of(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
