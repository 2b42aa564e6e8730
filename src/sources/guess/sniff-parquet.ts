import { ParquetFile } from '../../platform/duckdb/parquet-file.js';
import { unescaped } from '../../platform/duckdb/value-text.js';
import { readChunks } from '../../platform/files.js';
import { lines } from '../lines.js';
import { LAYOUT } from '../parquet-table.js';
import { rows } from '../rows.js';
import type { Sniffed } from './sniff.js';

const LOOKED_AT = 200; // rows
const MAGIC = Buffer.from('PAR1');

/** Whether a file is called a Parquet file, or begins as one does. */
export function isParquet(path: string): boolean {
  if (/\.parquet$/i.test(path)) return true;
  for (const chunk of readChunks(path, MAGIC.length)) return MAGIC.equals(chunk);
  return false;
}

/** The columns of a Parquet file and its first rows; undefined when it has none. Throws RectuneError as ParquetFile does. */
export function sniffParquet(path: string): Sniffed | undefined {
  const file = new ParquetFile(path);
  try {
    const names = file.names();
    const wanted = names.flatMap((name) => file.find(name) ?? []).map((found) => ({ ...found, timeUnit: undefined }));
    const first: string[][] = [];
    for (const piece of file.pieces(wanted, LOOKED_AT)) {
      for (const row of rows(lines(readChunks(piece.path), LAYOUT), ',', '"')) {
        if (row.kind === 'row') first.push(row.fields.slice(0, names.length).map(unescaped));
      }
      break;
    }
    if (first.length === 0) return undefined;
    return {
      format: 'parquet',
      encoding: 'utf-8',
      delimiter: ',',
      quote: '"',
      header: true,
      names,
      rows: first,
      each: undefined,
      why: [`it is a Parquet file of ${file.rows} rows`],
    };
  } finally {
    file.close();
  }
}
