import type { Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import { fingerprintOf } from '../core/fingerprint.js';
import { firstTables } from './migrations/0001-first-tables.js';
import { lengthLimits } from './migrations/0002-length-limits.js';
import { noAdapterPath } from './migrations/0003-no-adapter-path.js';
import { settingsOfBefore } from './migrations/0004-settings-of-before.js';
import { startAdapters } from './migrations/0005-start-adapters.js';
import { arithmetic } from './migrations/0006-arithmetic.js';
import { interactionAttributes } from './migrations/0007-interaction-attributes.js';
import { ownAnswers } from './migrations/0008-own-answers.js';
import { texts } from './migrations/0009-texts.js';
import { generatedTexts } from './migrations/0010-generated-texts.js';
import { choiceScores } from './migrations/0011-choice-scores.js';
import { parentRows } from './migrations/0012-parent-rows.js';
import { maskProofs } from './migrations/0013-mask-proofs.js';
import { oneRowAnInstruction } from './migrations/0014-one-row-an-instruction.js';
import { filesOfATable } from './migrations/0015-files-of-a-table.js';
import { interactionsInBlocks } from './migrations/0016-interactions-in-blocks.js';
import { textsInSealedFiles } from './migrations/0017-texts-in-sealed-files.js';
import { instructionsInBlocks } from './migrations/0018-instructions-in-blocks.js';

/** SQL, or for what SQL cannot say a function that is called inside the step's transaction. */
export type Migration = string | ((database: Database) => void);

/** The steps from an empty file to today's tables. Entry i leads to version i + 1. An entry that was released is never edited. */
export const migrations: readonly Migration[] = [
  firstTables,
  lengthLimits,
  noAdapterPath,
  settingsOfBefore,
  startAdapters,
  arithmetic,
  interactionAttributes,
  ownAnswers,
  texts,
  generatedTexts,
  choiceScores,
  parentRows,
  maskProofs,
  oneRowAnInstruction,
  filesOfATable,
  interactionsInBlocks,
  textsInSealedFiles(fingerprintOf),
  instructionsInBlocks,
];

/** Marks a SQLite file as a store ("RECT"), so that another program's file is not taken for an empty store. */
const APPLICATION_ID = 0x52454354;

/**
 * Brings a store to today's tables, each step in its own transaction.
 *
 * onNote  hears that a store of before is converted
 * throws  RectuneError 'data' for a store of a newer program
 */
export function migrate(
  database: Database,
  path: string,
  steps: readonly Migration[] = migrations,
  onNote?: (line: string) => void,
): void {
  const before = version(database);
  if (before > 0 && before < steps.length) onNote?.(`the store is converted from version ${before} to ${steps.length}`);
  for (const [index, step] of steps.entries()) {
    if (version(database) > index) continue; // asks for no lock: a long import of another process does not matter
    database
      .transaction(() => {
        // Read inside the transaction: another process may have done this step while we waited for the lock.
        if (version(database) !== index) return;
        if (typeof step === 'string') database.exec(step);
        else step(database);
        database.pragma(`application_id = ${APPLICATION_ID}`);
        database.pragma(`user_version = ${index + 1}`);
      })
      .immediate();
  }
  if (version(database) > steps.length) {
    throw new RectuneError(
      'data',
      `the store has version ${version(database)}, and this program knows versions up to ${steps.length}`,
      path,
      'use the newer rectune that wrote it, or another folder (--studio DIR)',
    );
  }
}

/** Throws RectuneError 'data' for a SQLite file that is no store. Asked before anything is written to it. */
export function refuseForeign(database: Database, path: string): void {
  const tables = database.prepare('select count(*) from sqlite_schema').pluck().get() as number;
  if (tables > 0 && Number(database.pragma('application_id', { simple: true })) !== APPLICATION_ID) {
    throw new RectuneError(
      'data',
      'this SQLite file is not a store of rectune',
      path,
      'name another folder (--studio DIR)',
    );
  }
}

function version(database: Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}
