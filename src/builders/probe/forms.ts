import type { InstructionLine } from '../../core/instruction.js';
import type { ProbeVariant } from '../../core/probe.js';
import type { ProbeForm, RenderedBy } from '../../core/probe-form.js';
import { Random } from '../../core/random.js';
import type { Template } from '../load-template.js';
import type { Change, ProbedRow, ProbeGround } from './ground.js';
import type { Wordings } from './wordings.js';

/** The forms in which a probe shows rows, and what each of its variants is. */
export interface Forms {
  readonly variants: readonly ProbeVariant[];
  readonly forms: readonly ProbeForm[]; // by row, then variant
}

/** Whether a form asks something else than the row as it is. */
function isOther(form: InstructionLine, row: ProbedRow): boolean {
  const { prompt, choices } = row.instruction;
  return form.prompt !== prompt || JSON.stringify(form.choices ?? form.labels) !== JSON.stringify(choices);
}

function renderedBy({ head: { id }, hash }: Template): RenderedBy {
  return { id, hash };
}

/** History removed, in another order, and with likes and dislikes exchanged. A form that changes nothing for a row is left out of it. */
export function historyForms(ground: ProbeGround, rows: readonly ProbedRow[], seed: number): Forms {
  const variants = ['removed', 'shuffled', 'swapped'].map((name) => ({ name, seen: null }));
  const forms = rows.flatMap((row) => {
    const { history } = row.example;
    if (history.length === 0) return [];
    const made = [
      formOf(ground, row, { history: [] }),
      shuffledForm(ground, row, seed),
      formOf(ground, row, { swapsLikes: true }),
    ];
    const by = renderedBy(row.template);
    return made.flatMap((line, variant) =>
      line ? [{ row: row.instruction.row, variant, places: null, line, by }] : [],
    );
  });
  return { variants, forms };
}

const DRAWS = 10; // of an order that the prompt shows: lists of liked and disliked items do not show each

function shuffledForm(ground: ProbeGround, row: ProbedRow, seed: number): InstructionLine | undefined {
  const random = new Random(seed, `history of line ${row.example.target.logIndex}`);
  for (let draw = 0; draw < DRAWS; draw++) {
    const form = formOf(ground, row, { history: random.shuffle(row.example.history) });
    if (form) return form;
  }
  return undefined;
}

function formOf(ground: ProbeGround, row: ProbedRow, change: Change): InstructionLine | undefined {
  const form = ground.form(row, change);
  return form && isOther(form, row) ? form : undefined;
}

/** Every title exchanged for that of another item, in the whole catalogue alike. */
export function titleForms(
  ground: ProbeGround,
  rows: readonly ProbedRow[],
  titles: ReadonlyMap<string, string>,
): Forms {
  const forms = rows.flatMap((row) => {
    const line = formOf(ground, row, { titles });
    return line ? [{ row: row.instruction.row, variant: 0, places: null, line, by: renderedBy(row.template) }] : [];
  });
  return { variants: [{ name: 'exchanged', seen: null }], forms };
}

/** The same examples in other words. */
export function wordingForms(ground: ProbeGround, rows: readonly ProbedRow[], wordings: Wordings): Forms {
  const variants: ProbeVariant[] = [];
  const placeOf = new Map<string, number>();
  const forms = rows.flatMap((row) => {
    const made = wordings.of(row.template).flatMap(({ template, seen }): ProbeForm[] => {
      const line = formOf(ground, row, { template });
      if (line === undefined) return [];
      const { id } = template.head;
      const variant = placeOf.get(id) ?? variants.push({ name: id, seen }) - 1;
      placeOf.set(id, variant);
      return [{ row: row.instruction.row, variant, places: null, line, by: renderedBy(template) }];
    });
    return made.sort((a, b) => a.variant - b.variant);
  });
  return { variants, forms };
}

/**
 * The candidates of each row in other orders than its own, no two alike.
 *
 * from, to  which orders, from 0: those before were asked; a row of few candidates has fewer
 */
export function orderForms(
  ground: ProbeGround,
  rows: readonly ProbedRow[],
  seed: number,
  { from, to }: { from: number; to: number },
): ProbeForm[] {
  return rows.flatMap((row) => {
    const { candidates, row: number, target } = row.instruction;
    if (candidates === null) return [];
    return otherOrders(candidates.length, to, new Random(seed, `orders of line ${target}`))
      .map((places, variant) => ({ places, variant }))
      .slice(from)
      .flatMap(({ places, variant }): ProbeForm[] => {
        const line = ground.form(row, { candidates: inPlaces(candidates, places) });
        // A template that does not print the list asks the same in each order.
        return line && line.prompt !== row.instruction.prompt
          ? [{ row: number, variant, places, line, by: renderedBy(row.template) }]
          : [];
      });
  });
}

/** Distinct orders of n things beside their own, as many as wanted or as there are: for each thing its place. */
export function otherOrders(n: number, wanted: number, random: Random): number[][] {
  const own = Array.from({ length: n }, (_, i) => i);
  const known = new Set([own.join()]);
  const orders: number[][] = [];
  const there = factorial(n, wanted + 1) - 1;
  while (orders.length < Math.min(wanted, there)) {
    const places = random.shuffle(own);
    if (known.has(places.join())) continue;
    known.add(places.join());
    orders.push(places);
  }
  return orders;
}

/** n!, or any number of at least `enough` when it is larger. */
function factorial(n: number, enough: number): number {
  let product = 1;
  for (let i = 2; i <= n && product < enough; i++) product *= i;
  return product;
}

/** Each thing at its place. */
export function inPlaces<T>(things: readonly T[], places: readonly number[]): T[] {
  const placed: T[] = [...things];
  for (const [i, place] of places.entries()) placed[place] = things[i] as T;
  return placed;
}
