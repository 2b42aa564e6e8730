import type { MadeRow } from '../core/made-row.js';
import type { ItemWords } from '../core/recipe.js';
import { NO_ITEM, type Printer, type Values } from './compile.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import type { ItemText } from './render.js';
import type { Segment } from './segments.js';
import { literal, Sheet } from './sheet.js';
import { ItemSnippets, Snippets } from './snippets.js';

/** An example as places of its user's interactions. */
export interface PlainExample {
  readonly items: Uint32Array; // of all interactions of the user, by number
  readonly likes: Uint8Array; // of the same, 0 or 1
  readonly begin: number; // of the history
  readonly end: number;
  readonly target: number;
}

/** A segment with what was printed of it before. */
interface Piece {
  readonly of: Segment['of'];
  readonly print: ItemSnippets;
  readonly printLast: ItemSnippets; // of a list: of its last item, which no separator follows
}

/**
 * Puts the prompts of a template together from text that was printed before: of such a template (segments.ts) each item's is the same in all
 * rows. The bytes are those of renderRow(), in a fifth of the time; a test compares the two on any examples.
 */
export class PlainPrompts {
  readonly #sheet = new Sheet();
  readonly #aside = new Sheet();
  readonly #snippets = new Snippets();
  readonly #pieces: readonly Piece[];
  readonly #parts: Layout['parts'];
  readonly #first: number; // piece that is not the same in all rows: those before stay on the sheet
  readonly #begin: ReturnType<Sheet['mark']>; // of that piece
  readonly #starts: Int32Array; // of each piece in the prompt, and the end
  readonly #shown: number[] = [];

  /** items: how many there are; text: what the template prints of one */
  constructor(layout: Layout, items: number, text: (item: number) => ItemText, words: ItemWords) {
    const same: Values = { itemWord: words.item, itemWords: words.items };
    const snippets = (count: number, print: Printer, scopeOf: (item: number) => { root: Values; item: Values }) =>
      new ItemSnippets(this.#snippets, count, (item) => {
        this.#aside.begin();
        print({ ...scopeOf(item), isLast: false, sheet: this.#aside });
        return this.#aside;
      });
    const always = (print: Printer) => snippets(1, print, () => ({ root: same, item: NO_ITEM }));
    const none = always(() => {});
    const lists = new Map<string, Piece>();
    this.#pieces = layout.segments.map((segment): Piece => {
      const { of, print } = segment;
      if (segment.of === 'nothing') return { of, print: always(print), printLast: none };
      if (segment.of === 'target') {
        const scopeOf = (item: number) => ({ root: { ...same, target: text(item) }, item: NO_ITEM });
        return { of, print: snippets(items, print, scopeOf), printLast: none };
      }
      const known = lists.get(segment.key);
      if (known !== undefined) return { ...known, of };
      const scopeOf = (item: number) => ({ root: same, item: text(item) });
      const last: Printer = (scope) => print({ ...scope, isLast: true });
      const made = { of, print: snippets(items, print, scopeOf), printLast: snippets(items, last, scopeOf) };
      lists.set(segment.key, made);
      return made;
    });
    this.#parts = layout.parts;
    this.#starts = new Int32Array(this.#pieces.length + 1);
    const first = this.#pieces.findIndex(({ of }) => of !== 'nothing');
    this.#first = first < 0 ? this.#pieces.length : first;
    this.#sheet.begin();
    for (let i = 0; i < this.#first; i++) {
      this.#starts[i] = this.#sheet.length;
      this.#sheet.snippet(this.#snippets, (this.#pieces[i] as Piece).print.of(0));
    }
    this.#begin = this.#sheet.mark();
  }

  /** Gives a row its prompt, with values, history and parts; the positions in the history of those that it shows, valid until the next row. */
  fill(row: MadeRow, example: PlainExample): readonly number[] {
    const sheet = this.#sheet;
    const pieces = this.#pieces;
    sheet.rewind(this.#begin);
    for (let i = this.#first; i < pieces.length; i++) {
      const piece = pieces[i] as Piece;
      this.#starts[i] = sheet.length;
      if (piece.of === 'nothing') sheet.snippet(this.#snippets, piece.print.of(0));
      else if (piece.of === 'target')
        sheet.snippet(this.#snippets, piece.print.of(example.items[example.target] as number));
      else this.#putList(piece, piece.of === 'history' ? ANY : Number(piece.of === 'liked'), example);
    }
    this.#starts[pieces.length] = sheet.length;
    for (let which = 0; which < 2; which++) {
      const part = this.#parts[which];
      const made = row.parts[which] as MadeRow['parts'][number];
      made.begin = part === undefined ? -1 : (this.#starts[part.begin] as number);
      made.end = part === undefined ? -1 : (this.#starts[part.end] as number);
      made.text = part === undefined ? '' : undefined;
    }
    sheet.giveTo(row, this.#shown);
    return this.#shown;
  }

  /** wanted: 1: liked ones, 0: others, ANY: all */
  #putList(piece: Piece, wanted: number, { items, likes, begin, end }: PlainExample): void {
    const sheet = this.#sheet;
    let last = end - 1;
    if (wanted !== ANY) while (last >= begin && likes[last] !== wanted) last -= 1;
    for (let place = begin; place <= last; place++) {
      if (wanted !== ANY && likes[place] !== wanted) continue;
      const start = sheet.length;
      const item = items[place] as number;
      sheet.snippet(this.#snippets, (place === last ? piece.printLast : piece.print).of(item));
      sheet.item(place - begin, start);
    }
  }
}

const ANY = 2;

/** Template and wrapper as one row of segments. */
export interface Layout {
  readonly segments: readonly Segment[];
  /** Instruction and input: from which segment up to which; undefined: it is empty, and the wrapper does not print it. */
  readonly parts: readonly [Stretch | undefined, Stretch | undefined];
}

interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** undefined: the template is not made of segments alone, or the wrapper prints a part in two places, or not. */
export function layoutOf({ segments, hasInput }: Template, wrapper: Wrapper): Layout | undefined {
  if (segments === undefined) return undefined;
  const sheet = new Sheet();
  const put: { part: 'instruction' | 'input'; at: number }[] = [];
  const mark = (part: 'instruction' | 'input') => (on: Sheet) => void put.push({ part, at: on.length });
  sheet.begin();
  wrapper.render({ instruction: mark('instruction'), input: mark('input'), hasInput }, sheet);
  const text = sheet.text();
  const all: Segment[] = [];
  const parts: Partial<Record<'instruction' | 'input', Stretch>> = {};
  let printed = 0;
  const own = (end: number): void => {
    const same = literal(sheet.part(text, printed, end));
    all.push({ of: 'nothing', print: (scope) => scope.sheet.literal(same) });
    printed = end;
  };
  for (const { part, at } of put) {
    if (parts[part] !== undefined) return undefined;
    own(at);
    parts[part] = { begin: all.length, end: all.length + segments[part].length };
    all.push(...segments[part]);
  }
  own(sheet.length);
  for (const part of ['instruction', 'input'] as const)
    if (parts[part] === undefined && segments[part].length > 0) return undefined;
  return { segments: all, parts: [parts.instruction, parts.input] };
}
