import type { DatasetVersion } from '../../core/dataset-version.js';
import type { Template } from '../load-template.js';
import { loadTemplate } from '../load-template.js';
import { allTemplates } from '../template-library.js';
import { composeWordings } from './compose-wording.js';

/** How many wordings a row is shown in, beside its own. */
export const WORDINGS = 8;

/** A wording, and whether rows of train that the run saw held it. */
export interface Wording {
  readonly template: Template;
  readonly seen: boolean;
}

/** What the same question can be asked in: templates of the same task that show the same facts, from the version, the library, and templates/wordings.yaml. */
export class Wordings {
  readonly #version: readonly Template[];
  readonly #seen: ReadonlySet<string>;
  readonly #byOwn = new Map<string, readonly Wording[]>();
  #library: readonly Template[] | undefined;

  /**
   * templates  of the version
   * seen       ids of those that train held
   */
  constructor(templates: readonly Template[], seen: ReadonlySet<string>) {
    this.#version = templates;
    this.#seen = seen;
  }

  /** Wordings beside a template's own: first those that train held, then those of the version and the library that it never held, at most WORDINGS. */
  of(own: Template): readonly Wording[] {
    const { id } = own.head;
    const known = this.#byOwn.get(id);
    if (known) return known;
    this.#library ??= allTemplates()
      .filter((name) => !name.startsWith('tallrec/')) // they say "movie" and "book", whatever the log holds
      .map((name) => loadTemplate(name, '.'));
    const facts = factsOf(own);
    const same = new Map<string, Template>();
    for (const one of [...this.#version, ...this.#library]) {
      if (one.head.id !== id && factsOf(one) === facts && !same.has(one.head.id)) same.set(one.head.id, one);
    }
    const distinct = [...same.values(), ...composeWordings(own, Math.max(0, WORDINGS - same.size))].map((template) => ({
      template,
      seen: this.#seen.has(template.head.id),
    }));
    const found = [...distinct.filter(({ seen }) => seen), ...distinct.filter(({ seen }) => !seen)].slice(0, WORDINGS);
    this.#byOwn.set(id, found);
    return found;
  }
}

/** What a row of a template tells, as a text that is equal for templates which tell the same. */
export function factsOf(template: Template): string {
  const { head, promptSlots, places, answerSlots } = template;
  const slots = [...promptSlots].filter((slot) => slot !== 'itemWord' && slot !== 'itemWords').sort();
  const ofItems = ['stars', 'isLiked'].filter((place) => places.has(place));
  return JSON.stringify([head.task, slots, head.fields, head.userFields, ofItems, answerSlots.has('reasoning')]);
}

/** Ids of the templates that rows of train hold, or of those rows of it that a few-shot run saw. */
export function seenTemplates(
  version: DatasetVersion,
  rows: Iterable<{ readonly row: number; readonly templateId: string }>,
  shots: readonly number[] | null,
): Set<string> {
  if (shots === null) return new Set(version.templates.flatMap(({ id, rows }) => (rows && rows.train > 0 ? [id] : [])));
  const wanted = new Set(shots);
  const seen = new Set<string>();
  for (const { row, templateId } of rows) if (wanted.has(row)) seen.add(templateId);
  return seen;
}
