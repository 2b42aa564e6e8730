import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * The one source of chance in TypeScript: seeded, the same numbers on every machine.
 * A purpose ("shots", "bootstrap", ...) gives each use its own stream, so that one use never shifts another.
 */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number, purpose: string) {
    this.#generator = xoroshiro128plus(mix(seed, purpose));
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.#generator.next() >>> 5; // 27 bits
    const low = this.#generator.next() >>> 6; // 26 bits
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** Uniform whole number in [0, bound); bound at most 2^32. Rejection keeps it unbiased. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x100000000) {
      throw new RangeError(`bound must be a whole number from 1 to 2^32, got ${bound}`);
    }
    const limit = 0x100000000 - (0x100000000 % bound);
    for (;;) {
      const drawn = this.#generator.next() >>> 0;
      if (drawn < limit) return drawn % bound;
    }
  }

  /** 32 independent coin flips, as a whole number from 0 to 2^32 - 1. */
  coins(): number {
    return this.#generator.next() >>> 0;
  }

  /**
   * Fills times with how often each of its places is taken in as many draws with replacement as it has places: the draws of integer().
   * Whole numbers of 32 bits throughout: with them a draw takes a third of the time.
   */
  drawWithReplacement(times: Uint32Array): void {
    times.fill(0);
    const bound = times.length >>> 0;
    if (bound === 0) return;
    const last = (0x100000000 - (0x100000000 % bound) - 1) >>> 0;
    for (let draw = 0; draw < bound; ) {
      const drawn = this.#generator.next() >>> 0;
      if (drawn > last) continue;
      const place = (drawn % bound) >>> 0;
      times[place] = (times[place] as number) + 1;
      draw += 1;
    }
  }

  /** Standard normal by Box-Muller (Box and Muller 1958); one of the pair is used, so that calls stay independent. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(values: readonly T[]): T[] {
    const shuffled = [...values];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T];
    }
    return shuffled;
  }
}

/** 32-bit mix of seed and purpose (FNV-1a over the purpose, then the seed's bytes). */
function mix(seed: number, purpose: string): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be a whole number >= 0, got ${seed}`);
  let hash = 0x811c9dc5;
  const bytes = [...new TextEncoder().encode(purpose), 0];
  for (let rest = seed, i = 0; i < 7; i++, rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash | 0;
}
