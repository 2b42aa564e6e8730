import type { Encoding } from '../core/source-spec.js';
import { readPieces } from '../platform/unpack.js';
import { type Layout, layoutOf, lines } from './lines.js';

/** The first lines of a file that are not empty, unpacked, and how its bytes are read. Of a file that cannot be read: none. */
export function firstLines(
  path: string,
  most: number,
  encoding: Encoding = 'utf-8',
): { texts: string[]; numbers: number[]; layout: Layout } {
  const texts: string[] = [];
  const numbers: number[] = []; // of the lines, empty ones counted
  let layout = layoutOf(new Uint8Array(), encoding);
  const chunks = contentOf(path);
  try {
    const first = chunks.next();
    if (first.done) return { texts, numbers, layout };
    const begin = Uint8Array.from(first.value);
    layout = layoutOf(begin, encoding);
    for (const { text, number } of lines(chained(begin, chunks), layout)) {
      if (text.trim() !== '') {
        texts.push(text);
        numbers.push(number);
      }
      if (texts.length >= most) break;
    }
  } finally {
    chunks.return();
  }
  return { texts, numbers, layout };
}

function* contentOf(path: string): Generator<Uint8Array, void> {
  for (const { content } of readPieces(path)) if (content.length > 0) yield content;
}

function* chained(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  yield first;
  yield* rest;
}
