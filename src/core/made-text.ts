/**
 * The text that was put together last, in the forms that are asked for next: as UTF-8 bytes (fingerprints, ranges) and as bytes of JSON
 * (lines of sealed files). Who has the text in hand as a string looks here first, by comparing the two, so that a prompt is not made
 * into bytes three times. Nothing depends on it but time.
 */
export interface MadeText {
  readonly text: string;
  readonly bytes: Uint8Array; // the first `length` of them
  readonly words: Uint32Array; // the same memory, four bytes at a time
  readonly length: number;
  readonly isAscii: boolean;
  readonly json: Uint8Array; // as JSON.stringify writes the text, without the quotes around it; the first `jsonLength` bytes
  readonly jsonLength: number;
  readonly parts: readonly MadePart[];
}

/** A text that is a part of another: from one byte up to another. */
export interface MadePart {
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

const NOTHING: MadeText = {
  text: '',
  bytes: new Uint8Array(0),
  words: new Uint32Array(0),
  length: 0,
  isAscii: true,
  json: new Uint8Array(0),
  jsonLength: 0,
  parts: [],
};

let last = NOTHING;

/** The text that was made last; an empty one when its bytes are used for something else by now. */
export function madeText(): MadeText {
  return last;
}

/** made  undefined: the bytes of the last one do not hold it any more */
export function rememberText(made: MadeText | undefined): void {
  last = made ?? NOTHING;
}
