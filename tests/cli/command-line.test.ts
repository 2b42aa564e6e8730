import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, named } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { writtenFlag } from '../../src/cli/flags.js';
import { RectuneError } from '../../src/core/errors.js';
import { ADAPTER_SHAPE, DEFAULT_EPOCHS, TrainOptions } from '../../src/core/run-config.js';
import { temporaryFolder } from '../store/fixtures.js';
import { invoke } from './invoke.js';

/** Answers with what it was given. */
const echo = command({
  name: 'echo',
  summary: 'say it again',
  positionals: z.strictObject({ first: z.string(), second: z.coerce.number().optional() }),
  options: z.strictObject({
    count: z.coerce.number().int().min(1).default(3).describe('how often'),
    mood: z.enum(['glad', 'sad']).default('glad'),
    parts: z.array(z.string()).default(['a', 'b']),
    echoBack: z.boolean().default(true).describe('the sound'),
    loud: z.boolean().default(false),
    file: named('FILE', 'where to').optional(),
  }),
  examples: ['rectune echo hello'],
  async run(positionals, options, context) {
    return { value: { ...positionals, ...options, given: [...context.given].sort() }, text: 'words' };
  },
});

const needs = command({
  name: 'needs',
  summary: 'fails or not',
  positionals: z.strictObject({}),
  options: z.strictObject({ model: named('FILE', 'a model'), how: z.string().default('well') }),
  async run(_, { how }, context) {
    if (how === 'badly') throw new RectuneError('data', 'it broke', 'line 3', 'mend it');
    if (how === 'bug') throw new Error('surprise');
    if (how === 'store') context.openStore('existing');
    return { value: how, text: how, exitCode: how === 'half' ? 1 : 0 };
  },
});

const commands = [echo, needs];
const echoed = async (...argv: string[]) => {
  const { code, stdout } = await invoke(['echo', 'x', ...argv, '--json'], { commands });
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe('the command line', () => {
  it('fills in the defaults of the schema and knows which options were given', async () => {
    expect(await echoed()).toEqual({
      first: 'x',
      count: 3,
      mood: 'glad',
      parts: ['a', 'b'],
      echoBack: true,
      loud: false,
      given: ['json'],
    });
    expect((await echoed('--count', '3')).given).toEqual(['count', 'json']);
  });

  it.each([
    { argv: ['--count', '7'], value: { count: 7 } },
    { argv: ['--count=7'], value: { count: 7 } },
    { argv: ['--parts', 'q, r,s'], value: { parts: ['q', 'r', 's'] } },
    { argv: ['--no-echo-back'], value: { echoBack: false } },
    { argv: ['--loud'], value: { loud: true } },
    { argv: ['--mood', 'sad'], value: { mood: 'sad' } },
    { argv: ['4'], value: { second: 4 } },
  ])('reads $argv', async ({ argv, value }) => expect(await echoed(...argv)).toMatchObject(value));

  it.each([
    {
      case: 'an unknown flag',
      argv: ['echo', 'x', '--conut', '3'],
      what: "unknown option '--conut'",
      fix: 'did you mean --count?',
    },
    { case: 'an unknown command', argv: ['ecko'], what: "unknown command 'ecko'", fix: 'did you mean echo?' },
    { case: 'no command', argv: [], what: 'no command is given', fix: 'use one of echo, needs' },
    {
      case: 'a word where a number belongs',
      argv: ['echo', 'x', '--count', 'many'],
      what: '--count many: this is not a number',
      fix: 'see rectune echo --help',
    },
    {
      case: 'a number out of range',
      argv: ['echo', 'x', '--count', '0'],
      what: '--count 0: this is not a number of at least 1',
      fix: 'see rectune echo --help',
    },
    {
      case: 'half a number',
      argv: ['echo', 'x', '--count', '1.5'],
      what: '--count 1.5: this is not a whole number',
      fix: 'see rectune echo --help',
    },
    { case: 'an empty value', argv: ['echo', 'x', '--count', ''], what: 'It is empty', fix: 'see rectune echo --help' },
    {
      case: 'an empty list part',
      argv: ['echo', 'x', '--parts', 'a,,b'],
      what: 'It is empty',
      fix: 'see rectune echo --help',
    },
    {
      case: 'a choice that is none',
      argv: ['echo', 'x', '--mood', 'odd'],
      what: 'Allowed choices are glad, sad',
      fix: 'see rectune echo --help',
    },
    {
      case: 'a missing positional',
      argv: ['echo'],
      what: "missing required argument 'first'",
      fix: 'see rectune echo --help',
    },
    {
      case: 'one positional too many',
      argv: ['echo', 'x', '1', '2'],
      what: 'too many arguments',
      fix: 'see rectune echo --help',
    },
    {
      case: 'a wrong positional',
      argv: ['echo', 'x', 'y'],
      what: '<second> y: this is not a number',
      fix: 'see rectune echo --help',
    },
    {
      case: 'a missing option',
      argv: ['needs'],
      what: '--model is missing',
      fix: 'see rectune needs --help',
    },
  ])('answers $case with code 2, what, where and fix', async ({ argv, what, fix }) => {
    const { code, stdout, stderr } = await invoke(argv, { commands });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain(`error: `);
    expect(lines[0]).toContain(what);
    expect(lines[1]).toMatch(/^ {2}at: {2}rectune/);
    expect(lines[2]).toContain(`  fix: ${fix}`);
  });

  it('prints words without --json and one JSON value with it', async () => {
    expect((await invoke(['echo', 'x'], { commands })).stdout).toBe('words\n');
    expect(JSON.parse((await invoke(['echo', 'x', '--json'], { commands })).stdout)).toMatchObject({ first: 'x' });
  });

  it('prints an error as one JSON object on stderr with --json', async () => {
    const { code, stdout, stderr } = await invoke(['needs', '--model', 'm', '--how', 'badly', '--json'], { commands });
    expect([code, stdout]).toEqual([3, '']);
    expect(JSON.parse(stderr)).toEqual({ error: { what: 'it broke', where: 'line 3', fix: 'mend it', code: 3 } });
    const unknown = await invoke(['needs', '--json', '--modle', 'm'], { commands });
    expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 2, fix: 'did you mean --model?' } });
  });

  it('shows the stack of what is our bug, with code 1', async () => {
    const { code, stderr } = await invoke(['needs', '--model', 'm', '--how', 'bug'], { commands });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: surprise\n\s+at .*command-line\.test/);
    expect(stderr).toContain('please report it');
  });

  it('ends with the code of the answer when something in it failed', async () => {
    expect(await invoke(['needs', '--model', 'm', '--how', 'half'], { commands })).toMatchObject({
      code: 1,
      stdout: 'half\n',
    });
  });

  it('does not make a studio where a command only reads one', async () => {
    const studio = join(temporaryFolder(), 'none');
    const { code, stderr } = await invoke(['needs', '--model', 'm', '--how', 'store', '--studio', studio], {
      commands,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(`no studio here\n  at:  ${studio}`);
  });

  it.each([
    { case: 'a terminal', isTTY: true, environment: {}, colored: true },
    { case: 'a terminal with NO_COLOR', isTTY: true, environment: { NO_COLOR: '1' }, colored: false },
    { case: 'a pipe', isTTY: false, environment: {}, colored: false },
  ])('colours errors on $case: $colored', async ({ isTTY, environment, colored }) => {
    const { stderr } = await invoke(['ecko'], { commands, isTTY, environment });
    expect(stderr.includes('\u001b[')).toBe(colored);
  });

  it('prints help and version to stdout with code 0', async () => {
    const help = await invoke(['echo', '--help'], { commands });
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('how often (default: 3)');
    expect(help.stdout).toMatch(/--file <FILE>\s+where to/);
    expect(help.stdout).toMatch(/--no-echo-back\s+without: the sound/);
    expect(help.stdout).toContain('rectune echo hello');
    expect(await invoke(['--version'], { commands })).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('the commands of rectune', () => {
  it.each(COMMANDS.map(({ name }) => ({ name })))('$name has --json, --studio and a page of help', async ({ name }) => {
    const { code, stdout } = await invoke([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--studio <DIR>');
  });

  it.each(COMMANDS.map(({ name }) => ({ name })))(
    '$name answers an unknown flag with a suggestion',
    async ({ name }) => {
      const { code, stderr } = await invoke([name, '--jsno']);
      expect(code).toBe(2);
      expect(stderr).toContain('did you mean --json?');
    },
  );

  it('offers --limit for every list', async () => {
    for (const name of ['list', 'rejects']) expect((await invoke([name, '--help'])).stdout).toContain('--limit <n>');
  });

  it.each([
    { name: 'train', first: '' },
    { name: 'run', first: "the recipe's, else " },
  ])('offers every training option in $name, with what counts when it is not given', async ({ name, first }) => {
    const defaults: Record<string, unknown> = TrainOptions.parse({});
    const help = (await invoke([name, '--help'])).stdout.replace(/\s+/g, ' ');
    for (const key of Object.keys(TrainOptions.shape)) {
      expect(help).toContain(`${writtenFlag(TrainOptions, key)} `);
      const value = defaults[key];
      if (value !== undefined && value !== true) expect(help).toContain(`(default: ${first}${String(value)})`);
    }
    expect(help).toContain(`passes over the chosen rows; ${DEFAULT_EPOCHS} without`);
    for (const value of Object.values(ADAPTER_SHAPE)) {
      expect(help).toContain(`without it the start adapter's, else ${String(value)}`);
    }
  });

  it('gives each command another name and a summary', () => {
    expect(COMMANDS.length).toBeGreaterThan(8);
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { summary } of COMMANDS) expect(summary).not.toBe('');
  });
});
