/** What happened in a week, from Monday to Sunday in UTC. */
export interface Week {
  readonly week: string; // its Monday: "1998-03-30"
  readonly interactions: number;
  readonly rated: number; // of them with a rating
  readonly meanRating: number | null;
  readonly newItems: number; // items that nobody had met before
}

const DAY = 86_400; // seconds
const MONDAY = 3; // 1970 began on a Thursday, three days after a Monday

/** Gathers interactions by week, in any order. Memory for the weeks and the items. */
export class Weeks {
  readonly #weeks = new Map<number, { interactions: number; rated: number; sum: number }>();
  readonly #firsts = new Map<number, number>();

  add(item: number, timestamp: number, rating: number | null): void {
    const index = Math.floor((Math.floor(timestamp / DAY) + MONDAY) / 7);
    const week = this.#weeks.get(index) ?? { interactions: 0, rated: 0, sum: 0 };
    this.#weeks.set(index, week);
    week.interactions += 1;
    if (rating !== null) {
      week.rated += 1;
      week.sum += rating;
    }
    const first = this.#firsts.get(item);
    if (first === undefined || index < first) this.#firsts.set(item, index);
  }

  /** In order of time; a week in which nothing happened is left out. */
  list(): Week[] {
    const fresh = new Map<number, number>();
    for (const index of this.#firsts.values()) fresh.set(index, (fresh.get(index) ?? 0) + 1);
    return [...this.#weeks]
      .sort(([a], [b]) => a - b)
      .map(([index, { interactions, rated, sum }]) => ({
        week: new Date((index * 7 - MONDAY) * DAY * 1000).toISOString().slice(0, 10),
        interactions,
        rated,
        meanRating: rated === 0 ? null : sum / rated,
        newItems: fresh.get(index) ?? 0,
      }));
  }
}
