import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RectuneError } from '../core/errors.js';
import { reading } from './file-errors.js';
import { checksum, type ParquetColumn, PHYSICAL_TYPE } from './parquet-writer.js';
import { readThrift, type ThriftField, type ThriftFields } from './thrift-reader.js';

/** A row group: how many rows, and where each column's page is. */
export interface ParquetGroup {
  readonly rows: number;
  readonly chunks: readonly ParquetChunk[];
}

export interface ParquetChunk {
  readonly offset: number;
  readonly size: number;
  readonly range: { readonly min: Uint8Array; readonly max: Uint8Array } | undefined; // values in plain encoding
}

const END = 8; // bytes behind the footer: its length, and the mark
const HEADER = 64; // bytes within which a page's header ends

/**
 * A flat Parquet file as ParquetWriter makes it without packing: each column of a row group is one page in plain encoding, and pages lie
 * without gaps. Read page by page, synchronously. A file that was cut, or has wrong bytes, is told, never read as something else.
 */
export class ParquetReader {
  readonly groups: readonly ParquetGroup[];
  readonly rows: number;
  readonly #path: string;
  readonly #fix: string;
  readonly #columns: readonly ParquetColumn[];
  readonly #file: number;

  /**
   * columns  what the file must have
   * fix      what to do about a file that is damaged or not there
   * throws   RectuneError 'data'
   */
  constructor(path: string, columns: readonly ParquetColumn[], fix: string) {
    this.#path = path;
    this.#fix = fix;
    this.#columns = columns;
    this.#file = this.#open();
    try {
      ({ groups: this.groups, rows: this.rows } = this.#readFooter());
    } catch (error) {
      this.close();
      throw this.#told(error);
    }
  }

  /** A column's values in a group: definition levels where it is optional, then plain values. Throws RectuneError 'data'. */
  page({ rows, chunks }: ParquetGroup, column: number): Uint8Array {
    const { offset, size } = chunks[column] as ParquetChunk;
    try {
      const chunk = this.#bytes(offset, size);
      const { fields, end } = readThrift(chunk.subarray(0, HEADER));
      const page = fieldsOf(fields.get(5));
      const body = chunk.subarray(end);
      const isPlain = fields.get(1) === 0 && page.get(2) === 0 && page.get(3) === 3;
      if (!isPlain || page.get(1) !== rows || fields.get(2) !== body.length || fields.get(3) !== body.length)
        throw new RangeError('a page that is not what the footer says');
      const sum = checksum([body]);
      if (sum !== undefined && fields.get(4) !== sum) throw new RangeError('a page with another checksum');
      return body;
    } catch (error) {
      throw this.#told(error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The error for a file whose bytes are wrong. */
  damaged(detail: string): RectuneError {
    return new RectuneError('data', `the file is damaged: ${detail}`, this.#path, this.#fix);
  }

  #open(): number {
    try {
      return reading(this.#path, 'data', () => openSync(this.#path, 'r'));
    } catch (error) {
      if (!(error instanceof RectuneError)) throw error;
      throw new RectuneError('data', error.message, this.#path, this.#fix);
    }
  }

  #readFooter(): { groups: ParquetGroup[]; rows: number } {
    const { size } = fstatSync(this.#file);
    if (size < 4 + END || !isMark(this.#bytes(0, 4))) throw new RangeError('it is no Parquet file');
    const end = Buffer.from(this.#bytes(size - END, END));
    if (!isMark(end.subarray(4))) throw new RangeError('it is cut off');
    const length = end.readUInt32LE(0);
    if (length > size - END - 4) throw new RangeError('a footer longer than the file');
    const begin = size - END - length;
    const { fields, end: read } = readThrift(this.#bytes(begin, length));
    if (read !== length) throw new RangeError('a footer that ends elsewhere');
    this.#checkSchema(listOf(fields.get(2)).map(fieldsOf));
    let offset = 4;
    const groups = listOf(fields.get(4)).map((one) => {
      const group = groupOf(fieldsOf(one), this.#columns, offset);
      for (const chunk of group.chunks) offset = chunk.offset + chunk.size;
      return group;
    });
    if (offset !== begin) throw new RangeError('row groups that end elsewhere');
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    if (fields.get(3) !== rows) throw new RangeError('another number of rows');
    return { groups, rows };
  }

  #checkSchema([root, ...fields]: readonly ThriftFields[]): void {
    const isSame =
      root?.get(5) === fields.length &&
      fields.length === this.#columns.length &&
      this.#columns.every(({ name, type, optional }, index) => {
        const [ofType, repetition, called] = [1, 3, 4].map((id) => fields[index]?.get(id));
        return ofType === PHYSICAL_TYPE[type] && repetition === (optional ? 1 : 0) && isText(called, name);
      });
    if (!isSame) throw new RangeError('other columns than it should have');
  }

  /** In an array of their own, whose begin is that of its buffer. */
  #bytes(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const read = reading(this.#path, 'data', () => readSync(this.#file, bytes, at, length - at, offset + at));
      if (read === 0) throw new RangeError('it is cut off');
      at += read;
    }
    return bytes;
  }

  #told(error: unknown): unknown {
    return error instanceof RangeError ? this.damaged(error.message) : error;
  }
}

/** begin  where the group must begin */
function groupOf(fields: ThriftFields, columns: readonly ParquetColumn[], begin: number): ParquetGroup {
  const rows = fields.get(3);
  const all = listOf(fields.get(1));
  if (typeof rows !== 'number' || rows < 1 || all.length !== columns.length) throw new RangeError('a wrong row group');
  let offset = begin;
  const chunks = all.map((one, index) => {
    const facts = fieldsOf(fieldsOf(one).get(3));
    const { type, name } = columns[index] as ParquetColumn;
    const path = listOf(facts.get(3));
    const size = facts.get(7);
    const isPlain = facts.get(4) === 0 && facts.get(1) === PHYSICAL_TYPE[type] && facts.get(5) === rows;
    if (!isPlain || path.length !== 1 || !isText(path[0], name)) throw new RangeError('a column of another form');
    if (facts.get(9) !== offset || typeof size !== 'number' || size < 1) throw new RangeError('a column elsewhere');
    const chunk = { offset, size, range: rangeOf(facts.get(12)) };
    offset += size;
    return chunk;
  });
  return { rows, chunks };
}

function rangeOf(statistics: ThriftField | undefined): ParquetChunk['range'] {
  if (!(statistics instanceof Map)) return undefined;
  const [max, min] = [statistics.get(5), statistics.get(6)];
  return max instanceof Uint8Array && min instanceof Uint8Array ? { min, max } : undefined;
}

function isMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString('latin1') === 'PAR1';
}

function isText(field: ThriftField | undefined, text: string): boolean {
  return field instanceof Uint8Array && Buffer.from(field).toString('utf8') === text;
}

function fieldsOf(field: ThriftField | undefined): ThriftFields {
  if (!(field instanceof Map)) throw new RangeError('no struct where one belongs');
  return field as ThriftFields;
}

function listOf(field: ThriftField | undefined): readonly ThriftField[] {
  if (!Array.isArray(field)) throw new RangeError('no list where one belongs');
  return field;
}
