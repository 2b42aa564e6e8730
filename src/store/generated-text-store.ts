import type { Database } from 'better-sqlite3';
import type { GeneratedText } from '../core/text-prompt.js';
import { countRows } from './row-counts.js';

/** A text with what it was written for. */
export interface StoredText extends GeneratedText {
  key: string; // hash of all that decides it
  modelHash: string;
  adapterHash: string | null;
  system: string | null;
  prompt: string;
  settings: string; // JSON
}

/** Texts that models wrote. */
export class GeneratedTextStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a text; one with that key stays, as whoever has read it goes on with it. */
  save({ key, modelHash, adapterHash, system, prompt, settings, text, tokens, end }: StoredText, madeAt: Date): void {
    this.#database
      .prepare(
        `insert into generated_texts (key, model_hash, adapter_hash, system, prompt, settings, text, tokens, finished, made_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (key) do nothing`,
      )
      .run(
        key,
        modelHash,
        adapterHash,
        system,
        prompt,
        settings,
        text,
        tokens,
        end === 'stop' ? 1 : 0,
        madeAt.toISOString(),
      );
  }

  find(key: string): GeneratedText | undefined {
    const row = this.#database
      .prepare<[string], { text: string; tokens: number; finished: number }>(
        'select text, tokens, finished from generated_texts where key = ?',
      )
      .get(key);
    return row && { text: row.text, tokens: row.tokens, end: row.finished ? 'stop' : 'length' };
  }

  count(): number {
    return countRows(this.#database, 'generated_texts');
  }
}
