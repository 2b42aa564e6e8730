import { countPersonal } from '../core/personal-data.js';
import type { PersonalCount } from '../core/source.js';

const SHORTEST = 7; // characters; no address of any kind is shorter

/** Counts mails, phone numbers and street addresses in the texts of a log, by field. Keeps none of them. */
export class PersonalAudit {
  readonly #fields = new Map<string, PersonalCount>();

  /** texts  by field name, of one row */
  look(table: string, texts: Readonly<Record<string, string>>): void {
    for (const name in texts) {
      const text = texts[name] as string;
      if (text.length < SHORTEST) continue;
      const found = countPersonal(text);
      if (!found) continue;
      const field = `${table}.${name}`;
      const sum = this.#fields.get(field) ?? { field, mails: 0, phones: 0, addresses: 0, texts: 0 };
      this.#fields.set(field, {
        field,
        mails: sum.mails + found.mails,
        phones: sum.phones + found.phones,
        addresses: sum.addresses + found.addresses,
        texts: sum.texts + 1,
      });
    }
  }

  finish(): PersonalCount[] {
    return [...this.#fields.values()];
  }
}
