const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const MOSTLY = 0.9;

/**
 * Whether the first row of a file names its columns. It does when
 * - the names are all different and none is empty or a long text, and in some column it is the only text among numbers, or
 * - it counts the columns (0, 1, 2, ... as programs write it that lost the names), and below stands something else, or
 * - no column tells by numbers, and all names look like names of columns: user_id, Book-Title, movieId:token.
 */
export function looksLikeHeader(first: readonly string[], others: readonly (readonly string[])[]): boolean {
  if (new Set(first).size !== first.length || first.some((name) => name.length > 60)) return false;
  const below = others.filter((row) => row.length === first.length);
  if (first.length > 1 && first.every((name, i) => name === String(i))) {
    return below.some((row) => row.some((value) => !NUMBER.test(value)));
  }
  if (first.filter((name) => name.trim() === '').length > 1) return false; // pandas leaves the name of its index empty
  if (first.some((name) => NUMBER.test(name))) return false;
  const numeric = first.map((_, i) => {
    const values = below.map((row) => row[i] as string).filter((value) => value !== '' && value !== 'NULL');
    return values.length > 0 && values.filter((value) => NUMBER.test(value)).length >= MOSTLY * values.length;
  });
  if (numeric.some((is) => is)) return true;
  return first.every((name) => NAME.test(name) && !below.some((row) => row.includes(name)));
}

const NAME = /^\s*[\p{L}_][\p{L}\p{N}_.\- ]{0,40}(:[a-z_]+)?\s*$/u;
