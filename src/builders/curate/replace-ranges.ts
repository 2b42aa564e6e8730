import type { ByteRange } from '../../core/instruction.js';

/** New bytes in the place of a range. */
export interface Replacement {
  readonly range: ByteRange;
  readonly text: string;
}

/**
 * A text with some ranges replaced, and where its old offsets have gone. Replacements are ascending and do not overlap; an offset
 * inside of one is not asked for.
 */
export function replaceRanges(
  text: string,
  replacements: readonly Replacement[],
): { text: string; moved: (range: ByteRange) => ByteRange } {
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  const shifts: { readonly from: number; readonly by: number }[] = []; // offsets from there on
  let read = 0;
  let by = 0;
  for (const { range, text: put } of replacements) {
    pieces.push(bytes.toString('utf8', read, range[0]), put);
    read = range[1];
    by += Buffer.byteLength(put) - (range[1] - range[0]);
    shifts.push({ from: range[1], by });
  }
  pieces.push(bytes.toString('utf8', read));
  const shift = (offset: number): number => {
    let [low, high] = [0, shifts.length]; // how many replacements end at or before the offset
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((shifts[middle]?.from ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offset + (shifts[low - 1]?.by ?? 0);
  };
  return { text: pieces.join(''), moved: ([begin, end]) => [shift(begin), shift(end)] };
}
