import { z } from 'zod';

/**
 * The grid of InstructRec (arXiv 2305.07001): an instruction is a preference, an intention and a task form, told in one of several ways.
 */
export const PREFERENCES = ['P0', 'P1', 'P2'] as const; // none, titles of the history, taste in words
export const INTENTIONS = ['I0', 'I1', 'I2'] as const; // none, vague, specific
export const TASK_FORMS = ['T0', 'T1', 'T2', 'T3'] as const; // pointwise, pairwise, matching, reranking
export const DIVERSITIES = ['plain', 'reversed', 'related', 'cot'] as const;

export const GridCell = z.strictObject({
  preference: z.enum(PREFERENCES),
  intention: z.enum(INTENTIONS),
  form: z.enum(TASK_FORMS),
  diversity: z.enum(DIVERSITIES),
});
export type GridCell = z.infer<typeof GridCell>;

/** Every cell there is, in one order. */
export const GRID: readonly GridCell[] = DIVERSITIES.flatMap((diversity) =>
  PREFERENCES.flatMap((preference) =>
    INTENTIONS.flatMap((intention) => TASK_FORMS.map((form) => ({ preference, intention, form, diversity }))),
  ),
);

/** "p1-i0-t3-plain": the cell in the id of a template. */
export function cellId({ preference, intention, form, diversity }: GridCell): string {
  return `${preference}-${intention}-${form}-${diversity}`.toLowerCase();
}

/** Why a cell means nothing; undefined for one that has templates. */
export function meaningless({ preference, intention, form, diversity }: GridCell): string | undefined {
  const nothing = preference === 'P0' && intention === 'I0';
  switch (diversity) {
    case 'plain':
    case 'cot':
      return nothing ? 'neither preference nor intention: nothing tells one user from another' : undefined;
    case 'reversed': // the item is given, the preference or the intention is asked
      if (form !== 'T2') return 'turning around asks for a text, not for an item: it has one form, T2';
      if (nothing) return 'nothing is asked for';
      if (preference === 'P2' && intention !== 'I0') return 'one text is asked for at a time';
      if (preference === 'P1' && intention === 'I0') return 'the titles of a history are not asked for';
      return undefined;
    case 'related': // the preference is asked from the intention, or the other way round
      if (form !== 'T2')
        return 'relating preference and intention asks for a text, not for an item: it has one form, T2';
      if (preference === 'P0' || intention === 'I0') return 'needs a preference and an intention';
      return undefined;
  }
}

/** The cells that have templates. */
export const MEANINGFUL_CELLS: readonly GridCell[] = GRID.filter((cell) => meaningless(cell) === undefined);
