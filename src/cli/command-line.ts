import { resolve } from 'node:path';
import { Command as Commander, CommanderError } from 'commander';
import { z } from 'zod';
import { ExitCode, RectuneError } from '../core/errors.js';
import { expectation } from '../core/expectation.js';
import { exists } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import { openStore, type Store } from '../store/store.js';
import type { Command, Context } from './command.js';
import { argumentsOf, flagName, flagsOf } from './flags.js';
import { Progress, type Screen } from './progress.js';
import { renderError } from './render-error.js';
import type { Stoppable } from './signals.js';

/** The world outside, so that a test can put its own in place. */
export interface Outside {
  stdout: Screen;
  stderr: Screen;
  environment: Record<string, string | undefined>;
  now: () => Date;
  stoppable: Stoppable;
  keys: () => AsyncIterable<string>;
}

const DEFAULT_WIDTH = 100; // columns of plots where stdout is no terminal

const common = z.strictObject({
  json: z.boolean().default(false).describe('one JSON value on stdout, errors as JSON on stderr'),
  studio: z.string().default('.rectune').meta({ value: 'DIR', description: 'folder of store, versions and runs' }),
});

/**
 * Runs one command line (without "node" and the program's path) and returns the exit code. Nothing is thrown: an error is
 * printed as three lines, or with --json as one line {"error":{"what","where","fix","code"}}, to stderr.
 */
export async function runCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  version: string,
  outside: Outside,
): Promise<ExitCode> {
  const json = argv.includes('--json');
  if (argv.length === 0) return reportError(nothingAsked(commands), json, outside);
  const ended: { code: ExitCode } = { code: ExitCode.done };
  const program = buildProgram(commands, version, outside, ended);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return ended.code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done; // --help, --version
    return reportError(error instanceof CommanderError ? usageError(error, argv) : error, json, outside);
  }
}

function reportError(error: unknown, json: boolean, outside: Outside): ExitCode {
  const { text, code } = renderError(error, { json, color: hasColor(outside.stderr, outside) });
  outside.stderr.write(`${text}\n`);
  return code;
}

function nothingAsked(commands: readonly Command[]): RectuneError {
  const names = commands.map(({ name }) => name).join(', ');
  return new RectuneError('usage', 'no command is given', 'rectune', `use one of ${names}; see rectune --help`);
}

/** ended: where the command that ran leaves its exit code; commander's actions return nothing. */
function buildProgram(
  commands: readonly Command[],
  version: string,
  outside: Outside,
  ended: { code: ExitCode },
): Commander {
  const program = new Commander('rectune')
    .description('From raw interaction logs to a LoRA adapter and a report that can be trusted.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => outside.stdout.write(text), writeErr: () => {} });
  for (const command of commands) addCommand(program, command, outside, ended);
  return program;
}

function addCommand(program: Commander, command: Command, outside: Outside, ended: { code: ExitCode }): void {
  const sub = program.command(command.name).description(command.summary).helpOption('-h, --help', 'print help');
  for (const { name, required, many, description } of argumentsOf(command.positionals)) {
    const written = many ? `${name}...` : name;
    sub.argument(required ? `<${written}>` : `[${written}]`, description);
  }
  for (const option of [...flagsOf(command.options), ...flagsOf(common)]) sub.addOption(option);
  if (command.examples.length > 0)
    sub.addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  ${line}\n`).join('')}`);
  sub.action(async () => {
    const given = new Set(Object.keys(sub.opts()).filter((key) => sub.getOptionValueSource(key) === 'cli'));
    const flags = Object.fromEntries(Object.entries(sub.opts()).filter(([key]) => given.has(key)));
    const { json, studio } = common.parse(pick(flags, common));
    const options = parseArguments(command.options, pick(flags, command.options), flagName, command.name);
    const named = argumentsOf(command.positionals).map(
      ({ name, many }, index) => [name, many ? sub.args.slice(index) : sub.args[index]] as const,
    );
    const present = Object.fromEntries(named.filter(([, value]) => value !== undefined));
    const positionals = parseArguments(command.positionals, present, (key) => `<${key}>`, command.name);
    ended.code = await perform(command, positionals, options, { json, studio: resolve(studio), given }, outside);
  });
}

async function perform(
  command: Command,
  positionals: unknown,
  options: unknown,
  settings: Pick<Context, 'json' | 'studio' | 'given'>,
  outside: Outside,
): Promise<ExitCode> {
  let store: Store | undefined;
  const progress = new Progress(outside.stderr, outside.environment);
  const context: Context = {
    ...settings,
    now: outside.now,
    environment: outside.environment,
    stoppable: outside.stoppable,
    openStore: (how) => {
      store ??= openStudio(settings.studio, how, (line) => progress.note(line));
      return store;
    },
    print: (line) => void outside.stdout.write(`${line}\n`),
    page: { color: hasColor(outside.stdout, outside), width: outside.stdout.columns ?? DEFAULT_WIDTH },
    note: (line) => progress.note(line),
    progress,
    keys: outside.keys,
  };
  try {
    const answer = await command.run(positionals as never, options as never, context);
    progress.end();
    if (answer) outside.stdout.write(`${settings.json ? JSON.stringify(answer.value) : answer.text}\n`);
    return answer?.exitCode ?? ExitCode.done;
  } finally {
    progress.end();
    store?.close();
  }
}

function openStudio(studio: string, how: 'make' | 'existing', onNote: (line: string) => void): Store {
  const path = studioLayout.store(studio);
  if (how === 'existing' && !exists(path)) {
    const fix = 'go to the folder you imported in, name its studio with --studio DIR, or begin: rectune import LOG';
    throw new RectuneError('usage', 'there is no studio here', studio, fix);
  }
  return openStore(path, { onNote });
}

function pick(values: Record<string, unknown>, schema: z.ZodObject): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key in schema.shape));
}

/** Parses by the schema; an error names the flag as it stands on the command line. */
function parseArguments(
  schema: z.ZodObject,
  values: Record<string, unknown>,
  nameOf: (key: string) => string,
  name: string,
): unknown {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (!issue) throw new Error('zod reported a failure without an issue');
  const key = String(issue.path[0] ?? '');
  const what = complaint(issue, nameOf(key), values[key]);
  throw new RectuneError('usage', what, `rectune ${name}`, `see rectune ${name} --help`);
}

function complaint(issue: z.core.$ZodIssue, name: string, value: unknown): string {
  if (value === undefined) return `${name} is missing`;
  const wanted = expectation(issue);
  return `${name} ${String(value)}: ${wanted === undefined ? issue.message : `this is not ${wanted}`}`;
}

/** commander's message, e.g. "error: unknown option '--shot'\n(Did you mean --shots?)", as an error of ours. */
function usageError(error: CommanderError, argv: readonly string[]): RectuneError {
  const [first = '', ...rest] = error.message.split('\n');
  const suggestion = rest.join(' ').replace(/^\(|\)$/g, '');
  const verb = argv[0] && !argv[0].startsWith('-') && error.code !== 'commander.unknownCommand' ? ` ${argv[0]}` : '';
  const fix =
    suggestion === '' ? `see rectune${verb} --help` : suggestion.charAt(0).toLowerCase() + suggestion.slice(1);
  return new RectuneError('usage', first.replace(/^error: /, ''), `rectune${verb}`, fix);
}

function hasColor(screen: Screen, { environment }: Outside): boolean {
  return screen.isTTY === true && !environment.NO_COLOR;
}
