import { DuckDb } from './duckdb.js';

let door: DuckDb | undefined;
let users = 0;

/** DuckDB for a short while, one for all that read at the same time; it closes soon after the last one gave it back. */
export function takeDuckDb(): { readonly duckdb: DuckDb; giveBack(): void } {
  door ??= new DuckDb();
  users += 1;
  let isTaken = true;
  return {
    duckdb: door,
    giveBack() {
      if (!isTaken) return;
      isTaken = false;
      users -= 1;
      // Not at once: the files of a table are opened one after the other.
      setImmediate(() => {
        if (users > 0) return;
        door?.close();
        door = undefined;
      });
    },
  };
}
