import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RectuneError } from '../../src/core/errors.js';
import type { RunEvent } from '../../src/core/run-event.js';
import { type NativeOptions, runNative } from '../../src/platform/native-program.js';
import { processLives } from '../../src/platform/process.js';
import { temporaryFolder } from '../store/fixtures.js';
import { fakeNative } from '../trainers/fake-native.js';

afterEach(() => vi.unstubAllEnvs());

/** Runs to the end and keeps both what came and how it ended. */
async function follow(options: NativeOptions = {}, onEvent: (event: RunEvent) => void = () => {}) {
  const events: RunEvent[] = [];
  try {
    for await (const event of runNative('train', { seed: 7 }, options)) {
      events.push(event);
      onEvent(event);
    }
  } catch (error) {
    return { events, error: error as Error };
  }
  return { events, error: undefined };
}

describe('runNative', () => {
  it('hands on the events in order and gives the program its verb and config', async () => {
    const calls = fakeNative(`start(); step(1, 2); step(2, 2); done('adapter.gguf');`);
    const { events, error } = await follow();
    expect(error).toBeUndefined();
    expect(events.map(({ event }) => event)).toEqual(['start', 'step', 'step', 'done']);
    expect(calls()).toMatchObject([{ verb: 'train', flag: '--config', config: { seed: 7 } }]);
  });

  it('removes the config when it is temporary and keeps it where the caller wants it', async () => {
    const calls = fakeNative('start(); done();');
    const configPath = join(temporaryFolder(), 'deep', 'config.json');
    await follow();
    await follow({ configPath });
    expect(existsSync(calls()[0]?.configPath as string)).toBe(false);
    expect(JSON.parse(readFileSync(configPath, 'utf8'))).toEqual({ seed: 7 });
  });

  it.each([
    { code: 2, kind: 'usage' },
    { code: 3, kind: 'data' },
    { code: 4, kind: 'memory' },
    { code: 5, kind: 'diverged' },
    { code: 130, kind: 'stopped' },
  ])('turns an error event of code $code into an error of kind $kind', async ({ code, kind }) => {
    fakeNative(
      `start(); say({ event: 'error', code: ${code}, what: 'w', where: 'h', fix: 'f' }); process.exit(${code});`,
    );
    const { error } = await follow();
    expect(error).toMatchObject({ name: 'RectuneError', kind, message: 'w', where: 'h', fix: 'f' });
  });

  it('accepts an error as the first event, before any start', async () => {
    fakeNative(`say({ event: 'error', code: 2, what: 'unknown key', where: 'config', fix: 'f' }); process.exit(2);`);
    expect((await follow()).error).toMatchObject({ kind: 'usage', message: 'unknown key' });
  });

  it.each([
    {
      case: 'an error event of code 1',
      body: `start(); say({ event: 'error', code: 1, what: 'odd', where: 'h', fix: 'f' }); process.exit(1);`,
      words: /odd/,
    },
    {
      case: 'a crash',
      body: `start(); words('assertion x == y'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`,
      words: /SIGSEGV.*\n.*assertion x == y/,
    },
    { case: 'an end without done', body: 'start(); process.exitCode = 0;', words: /without a word of why/ },
    { case: 'done but a failing exit code', body: 'start(); done(); process.exitCode = 1;', words: /code 1/ },
    {
      case: 'a line that is not JSON',
      body: `start(); fs.writeSync(1, 'hello\\n'); setInterval(() => {}, 1000);`,
      words: /not JSON: hello/,
    },
    {
      case: 'an unknown event',
      body: `start(); say({ event: 'party' }); setInterval(() => {}, 1000);`,
      words: /outside the protocol/,
    },
    { case: 'an unknown key', body: `start({ mood: 1 }); setInterval(() => {}, 1000);`, words: /outside the protocol/ },
    { case: 'events before start', body: 'step(1, 1);', words: /must begin with "start"/ },
    { case: 'events after done', body: 'start(); done(); step(1, 1);', words: /went on after "done"/ },
  ])('calls $case a bug of ours, not the user’s mistake', async ({ body, words }) => {
    fakeNative(body);
    const { error } = await follow();
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(RectuneError);
    expect(error?.message).toMatch(words);
  });

  it('says what to do about a program of another protocol', async () => {
    fakeNative('start({ protocol: 99 }); setInterval(() => {}, 1000);');
    const { error } = await follow();
    expect(error).toMatchObject({ kind: 'usage', fix: 'build it anew: rectune build-native' });
    expect(error?.message).toMatch(/protocol 99/);
  });

  it('takes a SIGKILL that nobody asked for as a want of memory', async () => {
    fakeNative(`start(); process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect((await follow()).error).toMatchObject({ kind: 'memory' });
  });

  it('takes the kind from the exit code when the program dies without an error event', async () => {
    fakeNative(`start(); words('cannot map the model'); process.exitCode = 3;`);
    expect((await follow()).error).toMatchObject({ kind: 'data', message: 'cannot map the model' });
  });

  it('hands on words for people, but not the error that the event says already', async () => {
    fakeNative(`words('warning: odd row'); start(); words('error: w'); words('  at:  h'); words('  fix: f');
      say({ event: 'error', code: 2, what: 'w', where: 'h', fix: 'f' }); process.exitCode = 2;`);
    const words: string[] = [];
    await follow({ onStderr: (line) => words.push(line) });
    expect(words).toEqual(['warning: odd row']);
  });

  it('asks for a checkpoint when aborted, hands on what is said after that, and ends as stopped', async () => {
    fakeNative(`start(); step(1, 9);
      process.on('SIGTERM', () => {
        setTimeout(() => { step(2, 9); say({ event: 'stopped', step: 2, checkpoint: 'c' }); process.exit(130); }, 100);
      });
      setInterval(() => {}, 1000);`);
    const stop = new AbortController();
    const { events, error } = await follow({ signal: stop.signal }, (event) => {
      if (event.event === 'step') setTimeout(() => stop.abort(), 100); // the handler is set right after the line
    });
    expect(events.map(({ event }) => event)).toEqual(['start', 'step', 'step', 'stopped']);
    expect(error).toMatchObject({ kind: 'stopped' });
    expect(error?.message).toMatch(/step 2/);
  });

  it('kills a program that does not heed the request, when the patience is over', async () => {
    fakeNative(`process.on('SIGTERM', () => {}); start(); setInterval(() => {}, 1000);`);
    const stop = new AbortController();
    const { error } = await follow({ signal: stop.signal, patience: 200 }, () => stop.abort());
    expect(error).toMatchObject({ kind: 'stopped' });
    expect(error?.message).toMatch(/SIGKILL/);
  });

  it('does not begin when it is aborted already', async () => {
    const calls = fakeNative('start(); done();');
    expect((await follow({ signal: AbortSignal.abort() })).error).toMatchObject({ kind: 'stopped' });
    expect(calls()).toEqual([]);
  });

  it('ends the program when the reader gives up', async () => {
    fakeNative('start({ threads: process.pid }); setInterval(() => {}, 1000);');
    let pid = 0;
    for await (const event of runNative('train', {})) {
      if (event.event === 'start') pid = event.threads;
      break;
    }
    expect(pid).toBeGreaterThan(0);
    for (let wait = 0; wait < 50 && processLives(pid); wait++) await sleep(20);
    expect(processLives(pid)).toBe(false);
  });

  it('says that $RECTUNE_NATIVE names no program', async () => {
    vi.stubEnv('RECTUNE_NATIVE', join(temporaryFolder(), 'nothing'));
    expect((await follow()).error).toMatchObject({ kind: 'usage', where: 'RECTUNE_NATIVE' });
  });
});
