import { lineBytes } from '../../core/probe-budget.js';
import { Random } from '../../core/random.js';

/** A title that was cut in two, and endings of which the first is its own. */
export interface CutTitle {
  readonly itemId: string;
  readonly given: string;
  readonly endings: readonly string[]; // each with the space before it
}

/** Endings that a title's own is to be told from. */
const OTHERS = 9;

/**
 * Titles of two words or more, cut in half: the first half of their words is given, at least one. The other endings are drawn from other titles, those of
 * as many words where there are enough; none makes a title of the log of that beginning.
 *
 * budget   in bytes of text scored: titles are drawn until they cost so much
 * returns  in the order drawn, and how many there were to draw from
 */
export function cutTitles(
  items: Iterable<{ readonly itemId: string; readonly title: string }>,
  seed: number,
  { bytes, fewest, most }: { bytes: number; fewest: number; most: number },
): { titles: CutTitle[]; eligible: number } {
  const halves = [...items].flatMap(halvesOf);
  const whole = new Set(halves.map(({ given, ending }) => `${given}${ending}`));
  const byLength = new Map<number, string[]>(); // distinct endings, by their words
  const known = new Set<string>();
  for (const { ending, words } of halves) {
    if (known.has(ending)) continue;
    known.add(ending);
    const alike = byLength.get(words);
    if (alike) alike.push(ending);
    else byLength.set(words, [ending]);
  }
  const random = new Random(seed, 'titles to complete');
  const distinct = [...new Map(halves.map((one) => [`${one.given}\0${one.ending}`, one])).values()];
  const eligible = known.size > 1 ? distinct.length : 0;
  const titles: CutTitle[] = [];
  let spent = 0;
  for (const { itemId, given, ending, words } of random.shuffle(distinct)) {
    if (titles.length >= most || (spent >= bytes && titles.length >= fewest)) break;
    const isWrong = (other: string): boolean => !whole.has(`${given}${other}`);
    const alike = (byLength.get(words) ?? []).filter(isWrong);
    const pool = alike.length >= OTHERS ? alike : [...known].filter(isWrong);
    const others = apart(ending, random.shuffle(pool));
    if (others.length === 0) continue;
    const endings = [ending, ...others];
    titles.push({ itemId, given, endings });
    spent += lineBytes(given, endings);
  }
  return { titles, eligible };
}

/** Of endings in their order as many as are wanted, none of which begins the own one or another, or is begun by it: they have no end to be told apart by. */
function apart(own: string, pool: readonly string[]): string[] {
  const taken = [own];
  for (const one of pool) {
    if (taken.length > OTHERS) break;
    if (taken.every((other) => !one.startsWith(other) && !other.startsWith(one))) taken.push(one);
  }
  return taken.slice(1);
}

function halvesOf({ itemId, title }: { itemId: string; title: string }) {
  const words = title.trim().split(/\s+/u);
  if (words.length < 2) return [];
  const half = Math.floor(words.length / 2);
  const given = words.slice(0, half).join(' ');
  return [{ itemId, given, ending: ` ${words.slice(half).join(' ')}`, words: words.length - half }];
}
