import type { Check, SideChecks } from '../core/source.js';
import { HTML, LONGEST_TITLE } from '../core/titles.js';

const EXAMPLES = 3;

/** Counts what is wrong with the titles of a log's items, and which items interactions name that have no row. */
export class TitleChecks {
  readonly #missing = newCheck();
  readonly #overLong = newCheck();
  readonly #html = newCheck();
  readonly #ids = new Map<string, string>(); // title -> id of the first item that has it
  readonly #duplicate = newCheck();
  readonly #dangling = newCheck();
  readonly #lacking = new Set<string>();

  title(itemId: string, title: string): void {
    if (title.trim() === '') {
      put(this.#missing, itemId);
      return;
    }
    if (title.length > LONGEST_TITLE) put(this.#overLong, `${itemId}: ${title.slice(0, 60)}...`);
    if (HTML.test(title)) put(this.#html, `${itemId}: ${title.slice(0, 60)}`);
    const first = this.#ids.get(title);
    if (first === undefined) this.#ids.set(title, itemId);
    else put(this.#duplicate, `${itemId} and ${first}: ${title.slice(0, 60)}`);
  }

  /** An interaction names an item that has no row. Items are counted, not interactions. */
  dangling(itemId: string): void {
    if (this.#lacking.has(itemId)) return;
    this.#lacking.add(itemId);
    put(this.#dangling, itemId);
  }

  finish(): SideChecks {
    return {
      missingTitles: this.#missing,
      duplicateTitles: this.#duplicate,
      overLongTitles: this.#overLong,
      htmlTitles: this.#html,
      danglingItems: this.#dangling,
    };
  }
}

function newCheck(): Check {
  return { count: 0, examples: [] };
}

function put(check: Check, example: string): void {
  check.count += 1;
  if (check.examples.length < EXAMPLES) check.examples.push(example);
}
