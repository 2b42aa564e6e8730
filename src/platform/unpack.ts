import { Worker } from 'node:worker_threads';
import { Decompress } from 'fzstd';
import { RectuneError } from '../core/errors.js';
import { fileSize, readChunks } from './files.js';

/** A piece of a file's content, and how many bytes of the file itself were read for it. */
export interface Piece {
  readonly content: Uint8Array; // valid until the next piece is asked for
  readonly bytes: number;
}

/**
 * The content of a file, piece by piece: of one whose name ends in .gz or .zst what is packed in it, of any other its bytes.
 * Synchronous, as readChunks is, and no more than a few pieces stand in memory, whatever the file unpacks to.
 *
 * throws  RectuneError 'data' when the file cannot be read, is damaged or ends too early
 */
export function* readPieces(path: string): Generator<Piece, void> {
  if (/\.gz$/i.test(path)) yield* unpacked(path);
  else if (/\.zst$/i.test(path)) yield* unpackedZstd(path);
  else for (const chunk of readChunks(path)) yield { content: chunk, bytes: chunk.length };
}

const PIECE = 1 << 20; // bytes
const PATIENCE = 120_000; // milliseconds for one piece; then the thread is taken for dead
const [EMPTY, FULL, END, FAILED] = [0, 1, 2, 3]; // what the shared piece is

/**
 * Node unpacks in pieces by callbacks alone, and rows go into a transaction that must not wait for one. So a thread unpacks,
 * and this one waits until it has a piece. The thread is handed its code as text: it then is the same file from src/ as from dist/.
 */
const THREAD = `
const { createReadStream } = require('node:fs');
const { pipeline } = require('node:stream/promises');
const { workerData: { path, piece, state, numbers, shared } } = require('node:worker_threads');
const { createGunzip } = require('node:zlib');

const file = createReadStream(path, { highWaterMark: 65536 });
const hand = (what, bytes) => {
  shared.set(bytes);
  numbers[0] = bytes.length;
  numbers[1] = file.bytesRead;
  Atomics.store(state, 0, what);
  Atomics.notify(state, 0);
  Atomics.wait(state, 0, what);
};
pipeline(file, createGunzip({ chunkSize: piece }), async (content) => {
  for await (const bytes of content) hand(${FULL}, bytes);
}).then(
  () => hand(${END}, new Uint8Array()),
  (error) => hand(${FAILED}, Buffer.from(error.message)),
);
`;

function* unpacked(path: string): Generator<Piece, void> {
  fileSize(path); // a missing file is told as any other is
  const state = new Int32Array(new SharedArrayBuffer(4));
  const numbers = new Float64Array(new SharedArrayBuffer(16)); // bytes of the piece; bytes read of the file so far
  const shared = new Uint8Array(new SharedArrayBuffer(PIECE));
  const workerData = { path, piece: PIECE, state, numbers, shared };
  const thread = new Worker(THREAD, { eval: true, execArgv: [], workerData });
  thread.unref();
  try {
    for (let before = 0, what = EMPTY; what !== END; ) {
      if (Atomics.wait(state, 0, EMPTY, PATIENCE) === 'timed-out') {
        const what = `nothing came of unpacking the file for ${PATIENCE / 1000} seconds`;
        throw new RectuneError('data', what, path, 'check the disk and the memory of the machine, or unpack it first');
      }
      what = Atomics.load(state, 0);
      const [length = 0, read = 0] = numbers;
      const content = shared.slice(0, length); // a copy: the thread goes on with the next one meanwhile
      Atomics.store(state, 0, EMPTY);
      Atomics.notify(state, 0);
      if (what === FAILED) throw damaged(path, Buffer.from(content).toString());
      yield { content, bytes: read - before };
      before = read;
    }
  } finally {
    void thread.terminate();
  }
}

const SLICE = 1 << 13; // bytes handed to the unpacker at once: what is packed most tightly then stays below half a gigabyte

/** Zstandard, in this thread: Node 20 has it not, and the library that has is synchronous (docs/decisions/0011). */
function* unpackedZstd(path: string): Generator<Piece, void> {
  let unpacked: Uint8Array[] = [];
  const stream = new Decompress((block) => void unpacked.push(block));
  const push = (packed: Uint8Array, final: boolean): void => {
    try {
      stream.push(packed, final);
    } catch (error) {
      throw damaged(path, error instanceof Error ? error.message : String(error));
    }
  };
  let isEmpty = true;
  for (const chunk of readChunks(path)) {
    for (let begin = 0; begin < chunk.length; begin += SLICE) {
      const slice = chunk.slice(begin, begin + SLICE); // a copy: the library keeps what it cannot unpack yet
      isEmpty = false;
      push(slice, false);
      yield* handedOn(unpacked, slice.length);
      unpacked = [];
    }
  }
  if (isEmpty) throw damaged(path, 'the file is empty');
  push(new Uint8Array(), true);
  yield* handedOn(unpacked, 0);
}

function* handedOn(blocks: readonly Uint8Array[], bytes: number): Generator<Piece, void> {
  const content = blocks.length === 1 ? (blocks[0] as Uint8Array) : Buffer.concat(blocks);
  yield { content, bytes };
}

function damaged(path: string, reason: string): RectuneError {
  return new RectuneError('data', `the file cannot be unpacked: ${reason}`, path, 'fetch it again, or unpack it first');
}
