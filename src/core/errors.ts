/** Exit codes, the same in native/ and in the CLI (docs/protocol.md). */
export const ExitCode = {
  done: 0,
  bug: 1,
  usage: 2, // command line, config, recipe or template
  data: 3, // a data file, a model, a checkpoint
  memory: 4, // memory or device
  diverged: 5, // the loss is not finite
  stopped: 130, // SIGTERM or SIGINT; a checkpoint was saved
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What went wrong, as the exit code tells it. A kind has one code. */
export type ErrorKind = 'usage' | 'data' | 'memory' | 'diverged' | 'stopped';

/**
 * An error that a user can act on. Anything else thrown is our bug and ends with exit code 1 and its stack.
 *
 * what   what happened, with the value
 * where  the file, line, option or row
 * fix    what to do about it
 */
export class RectuneError extends Error {
  readonly where: string;
  readonly fix: string;
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, what: string, where: string, fix: string) {
    super(what);
    this.name = 'RectuneError';
    this.kind = kind;
    this.where = where;
    this.fix = fix;
  }

  get exitCode(): ExitCode {
    return ExitCode[this.kind];
  }
}

/** The three lines a person reads; the CLI prints them to stderr. */
export function describeError(error: RectuneError): string {
  return `error: ${error.message}\n  at:  ${error.where}\n  fix: ${error.fix}`;
}

/**
 * The known word nearest to a mistyped one, or undefined when none is near; of several as near, the first.
 * Near: at most a third of the longer word's letters are wrong, at least one, and never all of them.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const longer = Math.max(word.length, candidate.length);
    const isNear = distance <= Math.max(1, Math.floor(longer / 3)) && distance < longer;
    if (isNear && (!best || distance < best.distance)) best = { word: candidate, distance };
  }
  return best?.word;
}

/**
 * Optimal string alignment distance: the fewest letters to put in, take out, change or swap with their neighbour, none of
 * them touched twice. A swap, the most frequent slip of fingers, counts one; by Levenshtein's distance it would be two.
 *
 * source  Boytsov 2011, "Indexing methods for approximate dictionary searching", doi:10.1145/1963190.1963191
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1 ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
