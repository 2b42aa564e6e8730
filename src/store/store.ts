import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { RectuneError } from '../core/errors.js';
import { BUSY_TIMEOUT } from './busy-timeout.js';
import { openDatabase } from './database.js';
import { GeneratedTextStore } from './generated-text-store.js';
import { LineageStore } from './lineage-store.js';
import { MOST_ROWS_IN_STORE } from './log-keeper.js';
import { MaskProofStore } from './mask-proof-store.js';
import { PredictionStore } from './prediction-store.js';
import { ReportStore } from './report-store.js';
import { RunStore } from './run-store.js';
import { SourceStore } from './source-store.js';
import { StatisticsStore } from './statistics-store.js';
import { translated } from './store-errors.js';
import { TextStore } from './text-store.js';
import { VersionDiffStore } from './version-diff.js';
import { VersionStore } from './version-store.js';

/**
 * Everything the stages keep, in one SQLite file. All calls are synchronous.
 * Each throws RectuneError 'data' when the file is locked (StoreBusy, after 10 s), full, damaged, or may not be written.
 */
export class Store {
  readonly folder: string; // in which the file lies
  readonly sources: SourceStore;
  readonly versions: VersionStore;
  readonly diffs: VersionDiffStore;
  readonly lineage: LineageStore;
  readonly statistics: StatisticsStore;
  readonly runs: RunStore;
  readonly predictions: PredictionStore;
  readonly reports: ReportStore;
  readonly texts: TextStore;
  readonly generatedTexts: GeneratedTextStore;
  readonly maskProofs: MaskProofStore;
  readonly #database: Database;

  constructor(database: Database, mostRows: number) {
    this.#database = database;
    this.folder = dirname(database.name);
    const sources = new SourceStore(database, mostRows);
    const part = <Part extends object>(one: Part): Part =>
      translated(one, database.name, () => {
        if (sources.isWriting) throw underWay(database.name);
      });
    this.sources = part(sources);
    this.versions = part(new VersionStore(database));
    this.diffs = part(new VersionDiffStore(database));
    this.lineage = part(new LineageStore(database));
    this.statistics = part(new StatisticsStore(database));
    this.runs = part(new RunStore(database));
    this.predictions = part(new PredictionStore(database));
    this.reports = part(new ReportStore(database));
    this.texts = part(new TextStore(database));
    this.maskProofs = part(new MaskProofStore(database));
    this.generatedTexts = part(new GeneratedTextStore(database));
  }

  /** Does something without waiting for another process's transaction: StoreBusy comes at once. */
  atOnce<T>(action: () => T): T {
    this.#database.pragma('busy_timeout = 0');
    try {
      return action();
    } finally {
      this.#database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** An import leaves the event loop its turn, and its transaction is open meanwhile: what others wrote would come and go with it. */
function underWay(path: string): RectuneError {
  const fix = 'await it first, or open the store once more';
  return new RectuneError('usage', 'an import of this process writes into the store', path, fix);
}

/**
 * Opens the store at a path, e.g. ".rectune/store.db": makes it and its folder when needed, checks it, brings its tables up to date.
 * onNote    hears what takes a while
 * mostRows  interactions of a log that SQLite keeps; a larger log lies in a file beside it
 * throws    RectuneError 'data' for a file that is damaged, foreign, newer than the program, or cannot be opened
 */
export function openStore(
  path: string,
  { mostRows = MOST_ROWS_IN_STORE, onNote }: { mostRows?: number; onNote?: (line: string) => void } = {},
): Store {
  return new Store(openDatabase(path, onNote), mostRows);
}
