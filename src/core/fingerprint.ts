/** 64 bits of a text: two texts of ten million are taken for the same with a chance of one in 400,000. */
export interface Fingerprint {
  readonly low: number; // 32 bits each, not negative
  readonly high: number;
}

let room = Buffer.allocUnsafe(0);
let wordsOfRoom = new Uint32Array(0);
let lastText: string | undefined;
const last = { low: 0, high: 0 };

/**
 * The fingerprint of a text, valid until the next one is asked for. A store keeps numbers made of it, so it never changes: two 32-bit
 * hashes over the text's bytes, four at a time, the lowest first (of a text of ASCII a byte a character, of any other two, UTF-16),
 * each step an exclusive or, a product and a shift, and both mixed at the end.
 */
export function fingerprint(text: string): Fingerprint {
  if (text === lastText) return last;
  return text.length <= SHORT ? ofShort(text) : made(text);
}

/** Texts that are asked for again and again, as answers are. */
const short = new Map<string, Fingerprint>();
const SHORT = 16; // UTF-16 units
const MOST_SHORT = 1024;

function ofShort(text: string): Fingerprint {
  const known = short.get(text);
  if (known !== undefined) return known;
  if (short.size === MOST_SHORT) short.clear();
  const kept = { ...made(text) };
  short.set(text, kept);
  return kept;
}

function made(text: string): Fingerprint {
  const isAscii = put(text);
  hash(wordsOfRoom, room, isAscii ? text.length : 2 * text.length, isAscii);
  lastText = text;
  return last;
}

/**
 * The same of a text of ASCII that stands in memory.
 *
 * words, bytes  the same memory
 * length        in bytes
 */
export function fingerprintOfAscii(words: Uint32Array, bytes: Uint8Array, length: number): Fingerprint {
  hash(words, bytes, length, true);
  lastText = undefined;
  return last;
}

function hash(words: Uint32Array, bytes: Uint8Array, length: number, isAscii: boolean): void {
  let a = 0x811c9dc5 ^ length;
  let b = isAscii ? 0x9e3779b9 : 0x7f4a7c15;
  const whole = length >>> 2;
  for (let i = 0; i < whole; i++) {
    const word = words[i] as number;
    a = Math.imul(a ^ word, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x85ebca6b);
    b ^= b >>> 13;
  }
  for (let i = 4 * whole; i < length; i++) {
    const byte = bytes[i] as number;
    a = Math.imul(a ^ byte, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b ^ byte, 0x85ebca6b);
    b ^= b >>> 13;
  }
  last.low = mixed(a ^ Math.imul(b, 0x27d4eb2f));
  last.high = mixed(b ^ Math.imul(a, 0x165667b1));
}

/** 64 bits that tell several texts, one after the other, from others; valid until the next are asked for. Stores keep them: they never change. */
export function jointFingerprint(...texts: readonly string[]): Fingerprint {
  joint.low = 0;
  joint.high = 0;
  for (const text of texts) join(fingerprint(text));
  return joint;
}

/** jointFingerprint() of two texts of which the fingerprint of the first is known. */
export function jointWith(first: Fingerprint, second: string): Fingerprint {
  joint.low = 0;
  joint.high = 0;
  join(first);
  join(fingerprint(second));
  return joint;
}

function join({ low, high }: Fingerprint): void {
  joint.low = mixed(Math.imul(joint.low, 0x01000193) ^ low);
  joint.high = mixed(Math.imul(joint.high, 0x85ebca6b) ^ high);
}

const joint = { low: 0, high: 0 };

/** The lower 53 bits of jointFingerprint(), which SQLite and JavaScript hold as one number: what stores kept before migration 0018. */
export function fingerprintOf(...texts: readonly string[]): number {
  const { low, high } = jointFingerprint(...texts);
  return (high & LOWER_BITS) * 2 ** 32 + low;
}

/** Of the upper half those bits that are left of 53. */
export const LOWER_BITS = 0x1fffff;

/** Lays a text down as bytes; whether a byte is a character there. */
function put(text: string): boolean {
  if (2 * text.length > room.length) {
    const memory = new ArrayBuffer(16 * Math.ceil((2 * text.length + 1024) / 4));
    room = Buffer.from(memory);
    wordsOfRoom = new Uint32Array(memory);
  }
  const isAscii = Buffer.byteLength(text) === text.length;
  room.write(text, 0, isAscii ? 'latin1' : 'utf16le');
  return isAscii;
}

/** 32 bits of which each depends on all of a number's. */
export function mixed(value: number): number {
  const one = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const two = Math.imul(one ^ (one >>> 15), 0x846ca68b);
  return (two ^ (two >>> 16)) >>> 0;
}
