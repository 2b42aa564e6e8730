import type { Database } from 'better-sqlite3';

/** What was proved: the rows of a version under a model, a limit of tokens and a version of rectune. */
export interface MaskProofKey {
  readonly versionHash: string;
  readonly modelHash: string;
  readonly maxLength: number;
  readonly program: string;
}

export interface MaskProof {
  readonly rows: number;
  readonly tokens: number;
}

/** Proofs of the loss mask, so that none is made twice. */
export class MaskProofStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  save(
    { versionHash, modelHash, maxLength, program }: MaskProofKey,
    { rows, tokens }: MaskProof,
    provedAt: Date,
  ): void {
    this.#database
      .prepare('insert or replace into mask_proofs values (?, ?, ?, ?, ?, ?, ?)')
      .run(versionHash, modelHash, maxLength, program, rows, tokens, provedAt.toISOString());
  }

  find({ versionHash, modelHash, maxLength, program }: MaskProofKey): MaskProof | undefined {
    return this.#database
      .prepare<[string, string, number, string], MaskProof>(
        'select rows, tokens from mask_proofs where version_hash = ? and model_hash = ? and max_length = ? and program = ?',
      )
      .get(versionHash, modelHash, maxLength, program);
  }
}
