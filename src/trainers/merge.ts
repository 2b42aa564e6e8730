import { dirname, resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { type MergeOptions, type NativeMergeConfig, PROTOCOL } from '../core/run-config.js';
import { defaultThreads } from '../platform/cpu.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { exists, fileSize, makeFolder } from '../platform/files.js';
import { requireGguf } from '../platform/gguf-file.js';
import { runNative } from '../platform/native-program.js';
import { checkOutputFiles } from '../platform/output-place.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { adapterOf, doneRun, modelOf, namesFile, noteOtherModel } from './run-files.js';

/** What is asked of `merge`. */
export type MergeRequest = {
  of: string; // an adapter file, else the id of a run
  model?: string | undefined; // for a run only when its model lies in another place now
  out: string;
  force: boolean; // a file at `out` gives way
  options: MergeOptions;
} & Execution;

/** The model that was made, and of what. */
export interface MergedModel {
  out: string;
  type: MergeOptions['type'];
  bytes: number;
  model: string;
  adapter: string;
  run: string | null; // that made the adapter, when it was named
}

/**
 * Writes the base model with the adapter in it, as one GGUF that any llama.cpp serves. It is there whole or not at all.
 *
 * openStore  called when a run is named, or when the studio may know the adapter
 * throws     RectuneError: usage (no such run, a place that is taken), data (files that are gone, changed or do not fit), stopped
 */
export async function mergeAdapter(openStore: () => Store, request: MergeRequest): Promise<MergedModel> {
  const { studio, options, force } = request;
  const out = resolve(request.out);
  checkPlace(out, force);
  const { model, adapter, run } = namesFile(request.of)
    ? filesNamed(request.of, request.model)
    : await filesOfRun(openStore(), studio, request.of, request.model);
  if (run === null) await noteWhereItLearned(openStore, request, { model, adapter });
  for (const [path, what] of [
    [model, 'the base model'],
    [adapter, 'the adapter'],
  ] as const) {
    if (resolve(path) !== out) continue;
    throw new RectuneError('usage', `this is ${what} itself`, out, 'name another file: --out FILE');
  }
  const config: NativeMergeConfig = {
    protocol: PROTOCOL,
    model: resolve(model),
    adapter: resolve(adapter),
    output: out,
    type: options.type,
    threads: defaultThreads(),
  };
  makeFolder(dirname(out));
  const { signal, onStderr, onEvent } = request;
  for await (const event of runNative('merge', config, { signal, onStderr })) onEvent?.(event);
  return { out, type: options.type, bytes: fileSize(out), model, adapter, run };
}

/** Before anything is computed: nothing is replaced that nobody gave up. */
function checkPlace(out: string, force: boolean): void {
  checkOutputFiles([out]);
  if (!exists(out) || force) return;
  throw new RectuneError('usage', 'there is a file already', out, 'name another place, or replace it: --force');
}

function filesNamed(adapter: string, model: string | undefined) {
  if (model === undefined) {
    const fix = `name the base model: rectune merge ${adapter} --model FILE --out FILE`;
    throw new RectuneError(
      'usage',
      '--model is missing: an adapter file does not say where its model lies',
      adapter,
      fix,
    );
  }
  requireGguf(adapter, 'name an adapter GGUF, or the id of a run');
  requireGguf(model);
  return { model, adapter, run: null };
}

async function filesOfRun(store: Store, studio: string, id: string, given: string | undefined) {
  const run = await doneRun(store, studio, id);
  return { model: await modelOf(store, studio, run, given), adapter: await adapterOf(studio, run), run: run.id };
}

async function noteWhereItLearned(
  openStore: () => Store,
  request: MergeRequest,
  files: { model: string; adapter: string },
) {
  const { studio, onStderr } = request;
  if (!exists(studioLayout.store(studio))) return;
  const memory = studioLayout.fileHashes(studio);
  const made = openStore().runs.ofAdapter(await rememberedSha256(files.adapter, memory));
  noteOtherModel(made, await rememberedSha256(files.model, memory), onStderr);
}
