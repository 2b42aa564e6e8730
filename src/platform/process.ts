import { execa } from 'execa';

/** How a program ended. */
export interface ProgramEnd {
  /** The exit code, or undefined when a signal ended the program or it could not be started. */
  exitCode: number | undefined;
  /** The signal that ended it, for example "SIGSEGV". */
  signal: string | undefined;
  /** The last lines of stdout and stderr together, oldest first. */
  tail: string[];
}

const TAIL_LINES = 40;

/**
 * Runs a program to its end and hands on each line of stdout and stderr as it comes.
 *
 * A failing program is an answer, not an exception: look at `exitCode`. A program that is not installed ends with an
 * undefined exit code and no signal.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    directory?: string;
    environment?: Record<string, string | undefined>;
    onLine?: (line: string) => void;
  } = {},
): Promise<ProgramEnd> {
  const tail: string[] = [];
  const child = execa(program, args, {
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
    env: options.environment ?? {},
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
  });
  for await (const line of child.iterable({ from: 'all' })) {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    options.onLine?.(line);
  }
  const end = await child;
  return { exitCode: end.exitCode, signal: end.signal, tail };
}

/** The first line that `program --version` prints, or undefined when the program is not installed. */
export async function programVersion(program: string): Promise<string | undefined> {
  const end = await execa(program, ['--version'], { stdin: 'ignore', reject: false, all: true });
  return end.exitCode === 0 ? end.all.split('\n')[0] : undefined;
}

/** True when a process of this number lives on this machine. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it lives, but belongs to someone else
  }
}
