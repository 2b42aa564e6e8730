import type { Database } from 'better-sqlite3';
import { BUSY_TIMEOUT, openDatabase } from './database.js';
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
    this.sources = translated(new SourceStore(database, mostRows), database.name);
    this.versions = translated(new VersionStore(database), database.name);
    this.diffs = translated(new VersionDiffStore(database), database.name);
    this.lineage = translated(new LineageStore(database), database.name);
    this.statistics = translated(new StatisticsStore(database), database.name);
    this.runs = translated(new RunStore(database), database.name);
    this.predictions = translated(new PredictionStore(database), database.name);
    this.reports = translated(new ReportStore(database), database.name);
    this.texts = translated(new TextStore(database), database.name);
    this.maskProofs = translated(new MaskProofStore(database), database.name);
    this.generatedTexts = translated(new GeneratedTextStore(database), database.name);
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

/**
 * Opens the store at a path, e.g. ".rectune/store.db": makes it and its folder when needed, checks it, brings its tables up to date.
 * mostRows  interactions of a log that SQLite keeps; a larger log lies in a file beside it
 * throws    RectuneError 'data' for a file that is damaged, foreign, newer than the program, or cannot be opened
 */
export function openStore(path: string, { mostRows = MOST_ROWS_IN_STORE }: { mostRows?: number } = {}): Store {
  return new Store(openDatabase(path), mostRows);
}
