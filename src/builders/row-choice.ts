import { SPLITS } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import type { DatasetRecipe } from '../core/recipe.js';
import { balancedRows, type Weighed } from './balance.js';
import { TextHolders } from './leaks/text-holders.js';
import type { Template } from './load-template.js';

/**
 * Which rows of a build stay, when the recipe balances train or drops twins. Both can be told only when all rows were seen: then rows are
 * looked at once before, and of each little is kept.
 */
export class RowChoice {
  /** Whether every row must be shown to look() before stays() is asked. */
  readonly looksFirst: boolean;
  readonly #recipe: DatasetRecipe;
  readonly #familyOf: ReadonlyMap<string, string>;
  readonly #train: Weighed[] = [];
  readonly #prompts = new TextHolders(); // by the latest split that holds it
  #kept: Uint8Array | undefined;
  #trainRows = 0;

  constructor(recipe: DatasetRecipe, templates: readonly Template[]) {
    this.#recipe = recipe;
    this.#familyOf = new Map(templates.map(({ head }) => [head.id, head.family]));
    this.looksFirst = recipe.balance !== undefined || recipe.twins === 'drop';
  }

  look(row: MadeRow): void {
    const { split, userId, itemId, label, templateId } = row;
    const place = SPLITS.indexOf(split);
    const { balance, twins } = this.#recipe;
    if (twins === 'drop' && place > (this.#prompts.of(row.fingerprint()) ?? -1))
      this.#prompts.set(row.fingerprint(), place);
    if (balance === undefined || split !== 'train') return;
    this.#train.push({ userId, itemId, label, family: this.#familyOf.get(templateId) ?? '' });
  }

  /** Asked of each row once, in the order of look(). */
  fate(row: MadeRow): 'stays' | 'balanced away' | 'twin' {
    const { split } = row;
    const { balance, twins } = this.#recipe;
    if (balance !== undefined && split === 'train') {
      if (this.#kept === undefined) {
        this.#kept = new Uint8Array(this.#train.length);
        for (const place of balancedRows(this.#train, balance)) this.#kept[place] = 1;
      }
      if (this.#kept[this.#trainRows++] === 0) return 'balanced away';
    }
    // What is measured stays, and what is learned from gets smaller.
    if (twins === 'drop' && (this.#prompts.of(row.fingerprint()) as number) > SPLITS.indexOf(split)) return 'twin';
    return 'stays';
  }
}
