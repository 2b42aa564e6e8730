import { Readable } from 'node:stream';
import type { Command } from '../../src/cli/command.js';
import { runCommandLine } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { keysOf } from '../../src/cli/keys.js';
import type { Stoppable } from '../../src/cli/signals.js';
import { NOW } from '../store/fixtures.js';

/** What a command line printed and how it ended. */
export interface Invocation {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process; stderr is no terminal unless told. */
export async function invoke(
  argv: readonly string[],
  options: {
    commands?: readonly Command[];
    isTTY?: boolean;
    environment?: Record<string, string>;
    stoppable?: Stoppable;
    onStderr?: (text: string) => void;
    keys?: string; // piped in
  } = {},
): Promise<Invocation> {
  let [stdout, stderr] = ['', ''];
  const takeError = (text: string) => {
    stderr += text;
    options.onStderr?.(text);
  };
  const code = await runCommandLine(argv, options.commands ?? COMMANDS, '1.2.3', {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: takeError, isTTY: options.isTTY ?? false, columns: 200 },
    environment: options.environment ?? {},
    now: () => NOW,
    keys: () => keysOf(Readable.from([options.keys ?? ''])),
    stoppable: options.stoppable ?? ((task) => task(new AbortController().signal)),
  });
  return { code, stdout, stderr };
}
