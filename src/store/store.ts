import type { Database } from 'better-sqlite3';
import { openDatabase } from './database.js';
import { PredictionStore } from './prediction-store.js';
import { ReportStore } from './report-store.js';
import { RunStore } from './run-store.js';
import { SourceStore } from './source-store.js';
import { VersionStore } from './version-store.js';

/** Everything the stages keep, in one SQLite file. All calls are synchronous. */
export class Store {
  readonly sources: SourceStore;
  readonly versions: VersionStore;
  readonly runs: RunStore;
  readonly predictions: PredictionStore;
  readonly reports: ReportStore;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.sources = new SourceStore(database);
    this.versions = new VersionStore(database);
    this.runs = new RunStore(database);
    this.predictions = new PredictionStore(database);
    this.reports = new ReportStore(database);
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * Opens the store at a path, e.g. ".rectune/store.db": makes it and its folder when needed, checks it, brings its tables up to date.
 * throws  RectuneError 'data' for a file that is damaged, foreign, newer than the program, or cannot be opened
 */
export function openStore(path: string): Store {
  return new Store(openDatabase(path));
}
