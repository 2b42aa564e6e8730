/** A stretch of two texts: in both, in the first alone (gone), in the second alone (new). */
export interface WordPiece {
  readonly kind: 'same' | 'gone' | 'new';
  readonly text: string;
}

const MOST_CELLS = 16_000_000; // of the table: two stretches of 4,000 words

/**
 * What changed from one text to another, word by word; the space between words counts as a word. As many words as can be stay the same
 * (longest common subsequence); where what differs is too long for the table of that, all of it counts as exchanged.
 *
 * returns  pieces in order, neighbours of different kinds; same and gone together are the first text, same and new the second
 * source   Wagner, Fischer 1974, "The string-to-string correction problem", doi:10.1145/321796.321811
 */
export function wordDiff(before: string, after: string): WordPiece[] {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return joined([
    ...a.slice(0, start).map((text) => ({ kind: 'same' as const, text })),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map((text) => ({ kind: 'same' as const, text })),
  ]);
}

function words(text: string): string[] {
  return text.match(/\s+|\S+/g) ?? [];
}

function middle(a: readonly string[], b: readonly string[]): WordPiece[] {
  const width = b.length + 1;
  const cells = (a.length + 1) * width;
  const common = cells > MOST_CELLS ? undefined : new Uint16Array(cells); // [i, j]: of a from i and b from j; at most 4,000 or so
  if (!common) return [...a.map((text) => piece('gone', text)), ...b.map((text) => piece('new', text))];
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: WordPiece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push(piece('same', a[i++] as string));
      j += 1;
    } else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      pieces.push(piece('gone', a[i++] as string));
    } else pieces.push(piece('new', b[j++] as string));
  }
  return pieces;
}

function piece(kind: WordPiece['kind'], text: string): WordPiece {
  return { kind, text };
}

function joined(pieces: readonly WordPiece[]): WordPiece[] {
  const out: { kind: WordPiece['kind']; text: string }[] = [];
  for (const { kind, text } of pieces) {
    const last = out.at(-1);
    if (last?.kind === kind) last.text += text;
    else out.push({ kind, text });
  }
  return out;
}
