import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ErrorKind, ExitCode, RectuneError } from '../core/errors.js';
import { type NativeTrainConfig, PROTOCOL } from '../core/run-config.js';
import { RunEvent } from '../core/run-event.js';
import { pluginEnvironment } from './device-plugins.js';
import { writing } from './file-errors.js';
import { exists, writeSealed } from './files.js';
import { buildNative, builtBinary } from './native-build.js';

/** Overrides where the program is; also how tests put another one in its place. */
export const NATIVE_VARIABLE = 'RECTUNE_NATIVE';

/** A step and its checkpoint may take this long after SIGTERM; execa's default of 5 s would cut a checkpoint short. */
const STOP_PATIENCE = 60_000; // ms

const STDERR_LINES = 20; // kept for the message when the program dies

/** native/ says an error twice, to programs as an event and to people as three lines; ours is made from the event. */
const REPEATS_ERROR = /^(error: | {2}at: {2}| {2}fix: )/;

/** All but `series`, which runNativeSeries is for. */
export type NativeVerb = Exclude<Extract<RunEvent, { event: 'start' }>['verb'], 'series'>;

/** How to run the program; every field may be left out. */
export interface NativeOptions {
  /** Aborting asks the program to save a checkpoint and end (SIGTERM), and kills it after 60 s. */
  signal?: AbortSignal | undefined;
  /** Each line the program writes for people. */
  onStderr?: ((line: string) => void) | undefined;
  /** Where the config is written and stays; a temporary file without it. */
  configPath?: string | undefined;
  /** Milliseconds between SIGTERM and SIGKILL. */
  patience?: number | undefined;
}

/**
 * The path of `rectune-native`: $RECTUNE_NATIVE, else the built one, which is built first when it is not there.
 *
 * throws RectuneError (usage) when $RECTUNE_NATIVE names no file, or the build is not possible
 */
export async function nativeProgram(onLine: (line: string) => void): Promise<string> {
  const named = process.env[NATIVE_VARIABLE];
  if (named) {
    if (exists(named)) return named;
    const fix = `correct or unset ${NATIVE_VARIABLE}`;
    throw new RectuneError('usage', `there is no native program at ${named}`, NATIVE_VARIABLE, fix);
  }
  if (exists(builtBinary())) return builtBinary();
  onLine('building the native trainer, once; this takes some seconds');
  return (await buildNative({ onLine: () => {} })).binary;
}

/**
 * Runs one verb of native/ in a process of its own, so that a crash there cannot take this program down, and hands on
 * its events in order, each checked. Ends after `done`; every other ending throws (docs/protocol.md):
 *
 * RectuneError  the error that the program reported, or `stopped` after a checkpoint was saved on request
 * Error         a crash or a breach of the protocol: our bug
 */
export async function* runNative(
  verb: NativeVerb,
  config: unknown,
  options: NativeOptions = {},
): AsyncGenerator<RunEvent, void> {
  for await (const { event } of spoken(verb, config, options)) yield event;
}

/** An event of a series, and the run that it belongs to, by its place in the config; undefined: the whole series. */
export interface SeriesEvent {
  event: RunEvent;
  run: number | undefined;
}

/** The same for the verb `series`: many runs in one process, each with the events that it would say alone. */
export function runNativeSeries(
  config: { protocol: number; runs: readonly NativeTrainConfig[] },
  options: NativeOptions = {},
): AsyncGenerator<SeriesEvent, void> {
  return spoken('series', config, options);
}

/** The config as native/ reads it. */
export function writeConfig(path: string, config: unknown): void {
  writeSealed(path, `${JSON.stringify(config, null, 2)}\n`);
}

async function* spoken(
  verb: NativeVerb | 'series',
  config: unknown,
  options: NativeOptions,
): AsyncGenerator<SeriesEvent, void> {
  const binary = await nativeProgram(options.onStderr ?? (() => {}));
  if (options.signal?.aborted) throw stopped('before it began', 'give the same command again');
  const folder = options.configPath === undefined ? temporaryFolder() : undefined;
  const configPath = options.configPath ?? join(folder as string, `${verb}.json`);
  try {
    writeConfig(configPath, config);
    yield* runProcess(binary, [verb, '--config', configPath], options);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function temporaryFolder(): string {
  return writing(tmpdir(), () => mkdtempSync(join(tmpdir(), 'rectune-')));
}

async function* runProcess(binary: string, args: string[], options: NativeOptions): AsyncGenerator<SeriesEvent, void> {
  const child = execa(binary, args, {
    env: pluginEnvironment(),
    stdin: 'ignore',
    buffer: false,
    reject: false,
    forceKillAfterDelay: options.patience ?? STOP_PATIENCE,
  });
  const stop = () => void child.kill(); // SIGTERM, then SIGKILL when the patience is over
  options.signal?.addEventListener('abort', stop, { once: true });
  const words: string[] = [];
  const listening = listen(child.iterable({ from: 'stderr' }), words, options.onStderr);
  let last: SeriesEvent | undefined;
  try {
    for await (const line of child.iterable()) {
      let delivered = false;
      try {
        last = parseEvent(line, last, binary);
        yield last;
        delivered = true;
      } finally {
        // The reader gave up, or the line broke the protocol. Leaving the loop waits for the program, so end it first.
        if (!delivered) child.kill('SIGKILL');
      }
    }
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await listening;
  }
  const end = await child;
  const failure = failureOf(last, end, options.signal?.aborted ?? false, words, `${binary} ${args.join(' ')}`);
  if (failure) throw failure;
}

async function listen(lines: AsyncIterable<string>, words: string[], onStderr?: (line: string) => void): Promise<void> {
  for await (const line of lines) {
    words.push(line);
    if (words.length > STDERR_LINES) words.shift();
    if (!REPEATS_ERROR.test(line)) onStderr?.(line);
  }
}

/** One line of stdout as an event. Throws when it is none, when the order is wrong, or when the protocol is another. */
function parseEvent(line: string, last: SeriesEvent | undefined, binary: string): SeriesEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`native wrote a line that is not JSON: ${line.slice(0, 200)}`);
  }
  const said = value as { event?: unknown; protocol?: unknown } | null;
  if (said?.event === 'start' && said.protocol !== PROTOCOL) {
    const what = `the native program speaks protocol ${String(said.protocol)}, this program speaks ${PROTOCOL}`;
    throw new RectuneError('usage', what, binary, 'build it anew: rectune build-native');
  }
  const { run, ...own } = value as { run?: unknown };
  const parsed = RunEvent.safeParse(own);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const detail = issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : '';
    throw new Error(`native wrote an event outside the protocol (${detail}): ${line.slice(0, 200)}`);
  }
  const event = parsed.data;
  if (run !== undefined && !isPlace(run)) throw new Error(`native named no run: ${line.slice(0, 200)}`);
  if (last === undefined && event.event !== 'start' && event.event !== 'error') {
    throw new Error(`native must begin with "start", not with "${event.event}"`);
  }
  if (last && isLast(last)) throw new Error(`native went on after "${last.event.event}": ${line.slice(0, 200)}`);
  return { event, run };
}

function isPlace(run: unknown): run is number {
  return Number.isInteger(run) && (run as number) >= 0;
}

/** Nothing comes after it: a run of a series that is done is followed by the next one. */
function isLast({ event, run }: SeriesEvent): boolean {
  return event.event === 'error' || event.event === 'stopped' || (event.event === 'done' && run === undefined);
}

/** What the ending means; undefined after a proper `done`. */
function failureOf(
  ending: SeriesEvent | undefined,
  end: { exitCode?: number | undefined; signal?: string | undefined; cause?: unknown },
  aborted: boolean,
  words: readonly string[],
  command: string,
): Error | undefined {
  const last = ending && isLast(ending) ? ending.event : undefined;
  if (last?.event === 'error') return reported(last);
  if (last?.event === 'done' && end.exitCode === ExitCode.done) return undefined;
  if (last?.event === 'stopped') {
    return stopped(`at step ${last.step}, checkpoint ${last.checkpoint}`, 'go on with --resume');
  }
  if (end.exitCode === ExitCode.stopped) return stopped('by a signal', 'give the same command again');
  if (end.signal && aborted) return stopped(`by ${end.signal}`, 'give the same command again');
  if (end.signal === 'SIGKILL') {
    const fix = 'use a smaller --micro-batch-size or --max-length, or a machine with more memory';
    return new RectuneError(
      'memory',
      'the system killed the native program, most likely for want of memory',
      command,
      fix,
    );
  }
  const tail = words.length > 0 ? `; its last words:\n${words.join('\n')}` : '';
  if (end.signal) return new Error(`the native program crashed (${end.signal})${tail}`);
  if (end.exitCode === undefined) {
    const why = end.cause instanceof Error ? end.cause.message : 'unknown cause';
    return new RectuneError(
      'usage',
      `the native program could not be started: ${why}`,
      command,
      'build it anew: rectune build-native',
    );
  }
  const kind = kindOf(end.exitCode);
  if (!kind) return new Error(`the native program ended with code ${end.exitCode} and without a word of why${tail}`);
  return new RectuneError(
    kind,
    words.at(-1) ?? `the native program ended with code ${end.exitCode}`,
    command,
    'see its messages above',
  );
}

function reported(event: Extract<RunEvent, { event: 'error' }>): Error {
  const kind = kindOf(event.code);
  if (kind) return new RectuneError(kind, event.what, event.where, event.fix);
  return new Error(`native: ${event.what} (at ${event.where}; ${event.fix})`);
}

function stopped(how: string, fix: string): RectuneError {
  return new RectuneError('stopped', `the native program was stopped ${how}`, 'this command', fix);
}

function kindOf(code: number): ErrorKind | undefined {
  const kinds: ErrorKind[] = ['usage', 'data', 'memory', 'diverged', 'stopped'];
  return kinds.find((kind) => ExitCode[kind] === code);
}
