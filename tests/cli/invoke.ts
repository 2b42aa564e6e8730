import type { Command } from '../../src/cli/command.js';
import { runCommandLine } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/commands.js';
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
    signal?: AbortSignal;
  } = {},
): Promise<Invocation> {
  let [stdout, stderr] = ['', ''];
  const code = await runCommandLine(argv, options.commands ?? COMMANDS, '1.2.3', {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY: options.isTTY ?? false, columns: 200 },
    environment: options.environment ?? {},
    now: () => NOW,
    stopSignal: () => options.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}
