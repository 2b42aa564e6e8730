import { resolve } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { type GenerateOptions, type NativeGenerateConfig, PROTOCOL } from '../core/run-config.js';
import type { GeneratedText, PromptLine, TextPrompt } from '../core/text-prompt.js';
import { defaultThreads } from '../platform/cpu.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { remove, sha256, writeSealed } from '../platform/files.js';
import { requireGguf } from '../platform/gguf-file.js';
import { toJsonLines } from '../platform/json-lines.js';
import { withLock } from '../platform/lock.js';
import { runNative } from '../platform/native-program.js';
import { studioLayout } from '../platform/studio.js';
import type { StoredText } from '../store/generated-text-store.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { whenStoreIsFree } from './store-patience.js';

/** Texts that are wanted of a model. */
export interface TextsRequest {
  prompts: readonly (TextPrompt & { id?: number })[]; // id: by which an error names the prompt, all or none; its place without it
  model: string; // path of the GGUF file
  adapter?: string | null | undefined; // path
  grammar?: string | null | undefined; // GBNF with a rule "root" (core/json-grammar.ts)
  options: GenerateOptions;
}

/** A text, and whether it was in the store. */
export type WrittenText = GeneratedText & { reused: boolean };

/**
 * Writes a text for each prompt with native/, and answers in their order. Each is kept in the store the moment it is told, by the content of model
 * and adapter, its prompt, the grammar and what else decides it: the same prompt is written once, and a request that was cut
 * short, even by kill -9, goes on where it was, to the same bytes.
 *
 * throws RectuneError (data) for a model or a prompt that cannot be taken, and what runNative throws
 */
export async function writeTexts(store: Store, request: TextsRequest, execution: Execution): Promise<WrittenText[]> {
  const asked = await askedTexts(request, execution);
  const firstPlace = new Map(asked.map(({ key }, place) => [key, place] as const).reverse()); // the first is set last
  const distinct = asked.filter(({ key }, place) => firstPlace.get(key) === place);
  const before = new Set(distinct.filter(({ key }) => store.generatedTexts.find(key)).map(({ key }) => key));
  if (before.size < distinct.length) await writeMissing(store, request, distinct, execution);
  return asked.map(({ key, id }) => {
    const found = store.generatedTexts.find(key);
    if (!found) throw new Error(`native wrote no text for prompt ${id}`);
    return { ...found, reused: before.has(key) };
  });
}

type AskedText = PromptLine & Omit<StoredText, keyof GeneratedText>;

async function askedTexts(request: TextsRequest, { studio }: Execution): Promise<AskedText[]> {
  const { model, adapter = null, grammar = null, options } = request;
  requireGguf(model);
  if (adapter !== null) requireGguf(adapter, 'name the GGUF file of an adapter');
  const memory = studioLayout.fileHashes(studio);
  const modelHash = await rememberedSha256(model, memory);
  const adapterHash = adapter === null ? null : await rememberedSha256(adapter, memory);
  const { chat, maxTokens, temperature, topP, seed } = options;
  const draws = temperature === 0 ? {} : { topP, seed }; // nothing is drawn then
  const settings = JSON.stringify({ grammar, chat, maxTokens, temperature, ...draws });
  return request.prompts.map(({ system, prompt, id }, place) => {
    const key = sha256(JSON.stringify({ modelHash, adapterHash, system, prompt, settings }));
    return { id: id ?? place, key, modelHash, adapterHash, system, prompt, settings };
  });
}

async function writeMissing(
  store: Store,
  request: TextsRequest,
  distinct: readonly AskedText[],
  execution: Execution,
): Promise<void> {
  const { signal, onStderr, onEvent, now } = execution;
  const path = studioLayout.prompts(execution.studio, sha256(distinct.map(({ key }) => key).join()));
  const waiting = (pid: number) => onStderr?.(`waiting for process ${pid}, which writes the same texts`);
  await withLock(`${path}.lock`, waiting, async () => {
    const skip = distinct.filter(({ key }) => store.generatedTexts.find(key)).map(({ id }) => id);
    if (skip.length === distinct.length) return; // written by the process that was waited for
    if (skip.length > 0) onStderr?.(`${skip.length} of ${distinct.length} texts were written before`);
    const byId = new Map(distinct.map((one) => [one.id, one]));
    if (byId.size < distinct.length) throw repeatedId(distinct);
    writeSealed(path, toJsonLines(distinct.map(({ id, system, prompt }) => ({ id, system, prompt }))));
    try {
      for await (const event of runNative('generate', nativeConfig(request, path, skip), { signal, onStderr })) {
        if (event.event === 'generated') {
          const { id, text, tokens, end } = event;
          const one = byId.get(id);
          if (!one) throw new Error(`native wrote a text for prompt ${id}, which nobody asked for`);
          const save = () => store.generatedTexts.save({ ...one, text, tokens, end }, now());
          await whenStoreIsFree(store, save, (line) => onStderr?.(line));
        }
        onEvent?.(event);
      }
    } finally {
      remove(path);
    }
  });
}

function nativeConfig(request: TextsRequest, prompts: string, skip: number[]): NativeGenerateConfig {
  const { model, adapter = null, grammar = null, options } = request;
  return {
    protocol: PROTOCOL,
    model: resolve(model),
    adapter: adapter === null ? null : resolve(adapter),
    prompts,
    grammar,
    ...options,
    contextLength: options.contextLength ?? null,
    skip,
    threads: options.threads ?? defaultThreads(),
  };
}

function repeatedId(asked: readonly AskedText[]): RectuneError {
  const ids = asked.map(({ id }) => id);
  const id = ids.find((one, place) => ids.indexOf(one) !== place);
  return new RectuneError('data', `two prompts have the id ${id}`, 'prompts', 'give each an id of its own');
}
