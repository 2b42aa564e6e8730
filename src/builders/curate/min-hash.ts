import { Random } from '../../core/random.js';

/**
 * The shingles of a text: runs of so many words (letters, digits and apostrophes, without case) or characters. A text with fewer is one
 * shingle; one without any has none.
 */
export function shinglesOf(text: string, unit: 'words' | 'characters', size: number): Set<string> {
  const lower = text.toLowerCase();
  const parts = unit === 'words' ? (lower.match(/[\p{L}\p{N}']+/gu) ?? []) : Array.from(lower);
  const glue = unit === 'words' ? ' ' : '';
  const shingles = new Set<string>();
  if (parts.length === 0) return shingles;
  for (let i = 0; i === 0 || i + size <= parts.length; i++) {
    let shingle = parts[i] as string;
    for (let j = i + 1; j < i + size && j < parts.length; j++) shingle += glue + parts[j];
    shingles.add(shingle);
  }
  return shingles;
}

/** |A and B| / |A or B|; of two empty sets 0: nothing tells that they are alike. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let both = 0;
  for (const one of small) if (large.has(one)) both += 1;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}

/**
 * Signatures whose share of equal places estimates the Jaccard of two sets: place i holds the least of h_i over the set, with h_i a
 * bijection of 32 bits drawn by the seed (Broder 1997, "On the resemblance and containment of documents", doi:10.1109/SEQUEN.1997.666900).
 */
export class MinHash {
  readonly #multipliers: Int32Array;
  readonly #offsets: Int32Array;

  constructor(hashes: number, seed: number) {
    const random = new Random(seed, 'min-hash');
    this.#multipliers = Int32Array.from({ length: hashes }, () => random.integer(2 ** 31) * 2 + 1);
    this.#offsets = Int32Array.from({ length: hashes }, () => random.integer(2 ** 32));
  }

  signature(shingles: Iterable<string>): Int32Array {
    const hashes = this.#multipliers.length;
    const least = new Int32Array(hashes).fill(0x7fffffff);
    for (const shingle of shingles) {
      const hash = hashOf(shingle);
      for (let i = 0; i < hashes; i++) {
        // Mixed once more: a product alone keeps the order of neighbouring hashes too often.
        let value = Math.imul(hash ^ (this.#offsets[i] as number), this.#multipliers[i] as number);
        value ^= value >>> 15; // stays a whole number of 32 bits: unsigned ones would be computed as doubles
        if (value < (least[i] as number)) least[i] = value;
      }
    }
    return least;
  }
}

/** FNV-1a over the UTF-16 code units, finished as MurmurHash3 does. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const FOUND = 0.99; // chance that two texts just at the threshold share a band

/**
 * Bands and rows of a band for a threshold: as many rows as leave that chance, 1 - (1 - t^rows)^bands, at 0.99 or more. More rows mean
 * fewer candidates that are none (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4).
 */
export function bandsFor(threshold: number, hashes: number): { bands: number; rows: number } {
  let best = { bands: hashes, rows: 1 };
  for (let rows = 1; rows <= hashes; rows++) {
    const bands = Math.floor(hashes / rows);
    if (1 - (1 - threshold ** rows) ** bands >= FOUND) best = { bands, rows };
  }
  return best;
}

/** Which earlier signatures share a band with a new one. Holds 8 bytes a band and signature, and the heads of the chains. */
export class BandIndex {
  readonly #rows: number;
  readonly #bands: number;
  readonly #capacity: number;
  readonly #mask: number;
  readonly #heads: Int32Array; // by band and slot: number of the newest signature there, counted from 1
  readonly #next: Int32Array; // by band and signature
  readonly #keys: Int32Array; // the same
  #size = 0;

  /** most  signatures that will be added at most */
  constructor({ bands, rows }: { bands: number; rows: number }, most: number) {
    const slots = 2 ** Math.max(4, Math.ceil(Math.log2(most + 1)));
    this.#rows = rows;
    this.#bands = bands;
    this.#capacity = most;
    this.#mask = slots - 1;
    this.#heads = new Int32Array(bands * slots);
    this.#next = new Int32Array(bands * most);
    this.#keys = new Int32Array(bands * most);
  }

  /** Numbers of those that share a band, each once; a number is the place in the order in which they were added. */
  candidates(signature: Int32Array): Set<number> {
    const found = new Set<number>();
    for (let band = 0; band < this.#bands; band++) {
      const key = this.#key(signature, band);
      for (
        let one = this.#heads[this.#slot(band, key)] as number;
        one > 0;
        one = this.#next[this.#place(band, one)] as number
      ) {
        if (this.#keys[this.#place(band, one)] === key) found.add(one - 1);
      }
    }
    return found;
  }

  add(signature: Int32Array): void {
    if (this.#size === this.#capacity) throw new Error(`more than ${this.#capacity} signatures`);
    this.#size += 1;
    for (let band = 0; band < this.#bands; band++) {
      const key = this.#key(signature, band);
      const slot = this.#slot(band, key);
      this.#keys[this.#place(band, this.#size)] = key;
      this.#next[this.#place(band, this.#size)] = this.#heads[slot] as number;
      this.#heads[slot] = this.#size;
    }
  }

  #slot(band: number, key: number): number {
    return band * (this.#mask + 1) + ((key ^ (key >>> 15)) & this.#mask);
  }

  #place(band: number, one: number): number {
    return band * this.#capacity + one - 1;
  }

  #key(signature: Int32Array, band: number): number {
    let key = 0x9e3779b9 ^ band;
    for (let i = band * this.#rows; i < (band + 1) * this.#rows; i++) {
      key = Math.imul(key ^ (signature[i] as number), 0x85ebca6b);
      key ^= key >>> 13;
    }
    return key | 0;
  }
}
