import { madeText } from './made-text.js';

let lastText = '';
let lastLength = 0;

/** Bytes of a text in UTF-8; as many as it has UTF-16 units when it is ASCII, and more when not. The last answer is kept: a row's prompt is asked for by several in turn. */
export function utf8Length(text: string): number {
  const made = madeText();
  if (text === made.text) return made.length;
  if (text !== lastText) {
    lastText = text;
    lastLength = Buffer.byteLength(text);
  }
  return lastLength;
}
