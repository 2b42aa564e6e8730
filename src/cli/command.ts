import { z } from 'zod';
import type { ExitCode } from '../core/errors.js';
import type { Store } from '../store/store.js';
import type { Progress } from './progress.js';
import type { Stoppable } from './signals.js';

/** What a command answers: one JSON value for programs (--json), words for people. */
export interface Answer {
  value: unknown;
  text: string;
  /** How the program ends; 0 without it. For an answer that says something failed, such as tests. */
  exitCode?: ExitCode;
}

export interface Page {
  readonly color: boolean;
  readonly width: number;
}

/** What a command may use beside its own arguments. */
export interface Context {
  /** Folder of the studio: ./.rectune, or what --studio names. */
  studio: string;
  json: boolean;
  /** Names of the options that stand on the command line; the others hold their defaults. */
  given: ReadonlySet<string>;
  now: () => Date;
  environment: Readonly<Record<string, string | undefined>>;
  /** SIGINT and SIGTERM abort the task's signal; it should end soon after. Outside of it signals end the program at once. */
  stoppable: Stoppable;
  /** Opens the store; closed when the command ends. 'existing': an error when there is no studio yet. */
  openStore(how: 'make' | 'existing'): Store;
  /** One line to stdout, for answers that come in pieces (train --json). */
  print(line: string): void;
  /** How the answer's text may look: colours of a terminal that wants them, and its columns. */
  page: Page;
  /** One line to stderr. */
  note(line: string): void;
  progress: Progress;
  /** Keys that are pressed, or the characters of what is piped in. Asked for once. */
  keys(): AsyncIterable<string>;
}

/** A command is a page: what it does, what it takes, and the one call that does it. */
export interface Command {
  name: string;
  summary: string;
  /** Positional arguments in order; each key is one, optional ones last. */
  positionals: z.ZodObject;
  /** Flags; the command line, its defaults and its help are made from this schema. */
  options: z.ZodObject;
  /** Lines under the help: examples. */
  examples: readonly string[];
  run(positionals: never, options: never, context: Context): Promise<Answer | undefined>;
}

/** Types the arguments of `run` by the schemas. */
export function command<Positionals extends z.ZodObject, Options extends z.ZodObject>(definition: {
  name: string;
  summary: string;
  positionals: Positionals;
  options: Options;
  examples?: readonly string[];
  run(positionals: z.output<Positionals>, options: z.output<Options>, context: Context): Promise<Answer | undefined>;
}): Command {
  return { examples: [], ...definition };
}

/** A string option whose value help shows as FILE, DIR, ... */
export function named(value: string, description: string) {
  return z.string().meta({ value, description });
}

/** What every list accepts. */
export const limitOption = z.coerce.number().int().positive().default(20).describe('most rows to print');
