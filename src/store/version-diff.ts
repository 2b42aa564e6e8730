import type { Database } from 'better-sqlite3';
import { SPLITS, type Split } from '../core/instruction.js';
import { NO_LABEL } from '../core/made-row.js';
import { ComparedRows } from './compared-rows.js';
import type { InstructionBlock } from './instruction-block.js';
import { InstructionBlocks } from './instruction-blocks.js';
import { DIGESTED, digestsOf } from './row-digests.js';
import { versionKey } from './version-key.js';

/** What happened to a row from one version to another. */
export const ROW_CHANGES = ['added', 'removed', 'changed'] as const;
export type RowChange = (typeof ROW_CHANGES)[number];

/** How many rows of a split, template and label changed so. */
export interface ChangeCount {
  readonly change: RowChange;
  readonly split: Split;
  readonly templateId: string;
  readonly label: boolean | null; // of a changed row: as it is now
  readonly rows: number;
}

/** Where a row stands, before and after; one of them is null for a row that was added or removed. */
export interface RowPlace {
  readonly change: RowChange;
  readonly split: Split;
  readonly before: number | null;
  readonly after: number | null;
}

/**
 * Compares two versions row by row. Two rows are the same when split, user, target line, history lines and template are; where a version
 * holds several such rows, the n-th of one is the n-th of the other. A row is changed when its prompt or answer, its label, target item
 * or possible answers are others. All of this is told by 64 bits (row-digests.ts), and 41 to 49 bytes a row of the larger split are kept.
 */
export class VersionDiffStore {
  readonly #database: Database;
  readonly #blocks: InstructionBlocks;

  constructor(database: Database) {
    this.#database = database;
    this.#blocks = new InstructionBlocks(database);
  }

  /** limit: most places a kind of change, in the order of the rows; without such a version: as if it were empty. */
  compare(before: string, after: string, limit: number): { counts: ChangeCount[]; places: RowPlace[] } {
    const [one, other] = [versionKey(this.#database, before), versionKey(this.#database, after)];
    const bits = Math.min(
      this.#blocks.fingerprintBits(one ?? NO_VERSION),
      this.#blocks.fingerprintBits(other ?? NO_VERSION),
    );
    const found = new Found(limit);
    for (const split of SPLITS) {
      const rows = new ComparedRows(this.#blocks.rowCount(one ?? NO_VERSION, split));
      for (const block of this.#blocks.all(one ?? NO_VERSION, split, DIGESTED)) {
        const { identities, says } = digestsOf(block, bits);
        const kinds = found.kinds(block);
        for (let i = 0; i < block.size; i++) rows.add(block.rows[i] as number, kinds[i] as number, identities, says, i);
      }
      rows.index();
      for (const block of this.#blocks.all(other ?? NO_VERSION, split, DIGESTED)) {
        const { identities, says } = digestsOf(block, bits);
        const kinds = found.kinds(block);
        for (let i = 0; i < block.size; i++) {
          const at = rows.take(identities, i);
          const [kind, row] = [kinds[i] as number, block.rows[i] as number];
          if (at === undefined) found.add('added', split, kind, null, row);
          else if (!rows.saysAs(at, says, i)) found.add('changed', split, kind, rows.row(at), row);
        }
      }
      for (const { row, kind } of rows.left()) found.add('removed', split, kind, row, null);
    }
    return { counts: found.counts(), places: ROW_CHANGES.flatMap((change) => found.places[change]) };
  }
}

const NO_VERSION = -1;
const LABELS = 3; // 0, 1, NO_LABEL

/** What was found, counted by kind: template and label. */
class Found {
  readonly places: Readonly<Record<RowChange, RowPlace[]>> = { added: [], removed: [], changed: [] };
  readonly #limit: number;
  readonly #templates = new Map<string, number>();
  readonly #counts = new Map<string, { change: RowChange; split: Split; kind: number; rows: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The kind of each row. */
  kinds({ templates, labels, size }: InstructionBlock): Uint32Array {
    const numbers = templates.names.map((id) => {
      const number = this.#templates.get(id) ?? this.#templates.size;
      this.#templates.set(id, number);
      return number;
    });
    const kindOf = (_: unknown, i: number): number =>
      LABELS * (numbers[templates.of[i] as number] as number) + (labels[i] as number);
    return Uint32Array.from({ length: size }, kindOf);
  }

  add(change: RowChange, split: Split, kind: number, before: number | null, after: number | null): void {
    const name = `${change} ${split} ${kind}`;
    const known = this.#counts.get(name);
    if (known) known.rows += 1;
    else this.#counts.set(name, { change, split, kind, rows: 1 });
    if (this.places[change].length < this.#limit) this.places[change].push({ change, split, before, after });
  }

  /** By change, split, template and label; no label stands first. */
  counts(): ChangeCount[] {
    const ids = [...this.#templates.keys()];
    const told = [...this.#counts.values()].map(({ change, split, kind, rows }) => {
      const label = kind % LABELS;
      const templateId = ids[Math.floor(kind / LABELS)] as string;
      return { change, split, templateId, label: label === NO_LABEL ? null : label === 1, rows };
    });
    const keyOf = ({ change, split, templateId, label }: ChangeCount): string[] => [
      change,
      split,
      templateId,
      label === null ? '' : String(label),
    ];
    return told.sort((a, b) => {
      const [left, right] = [keyOf(a), keyOf(b)];
      const at = left.findIndex((one, i) => one !== right[i]);
      return at < 0 ? 0 : (left[at] as string) < (right[at] as string) ? -1 : 1;
    });
  }
}
