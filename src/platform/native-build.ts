import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { availableThreads } from './cpu.js';
import { installedPlugins, type PluginDevice, pluginEnvironment } from './device-plugins.js';
import { packageRoot } from './files.js';
import { llamaHeaders, llamaRelease } from './llama-release.js';
import { withLock } from './lock.js';
import { type ProgramEnd, programVersion, runProgram } from './process.js';

/** What a build made. */
export interface NativeBuild {
  binary: string;
  /** How the tests ended; undefined when they were not asked for. */
  tests: NativeTests | undefined;
}

export interface NativeTests {
  passed: number;
  failed: number;
  /** Those that this machine cannot run: the output says why. */
  skipped: number;
}

/** Where the build puts the program. */
export function builtBinary(): string {
  return join(packageRoot(), 'build', 'native', 'rectune-native');
}

/**
 * Builds native/ with cmake against the headers and prebuilt libraries of the pinned llama.cpp release; with `test` its
 * test programs too, and runs them, then the fuzz test of the file readers, which has a build folder of its own with
 * sanitizers in it. Only what changed is compiled; a second process waits for the first. Where the CUDA plug-in is installed and
 * nvcc is there, our own kernels for NVIDIA cards are built as well.
 *
 * onLine  each line that cmake, the compiler and ctest print
 * throws  RectuneError (usage) when a tool is missing, named with its package, or when the build fails
 */
export async function buildNative(options: { test?: boolean; onLine: (line: string) => void }): Promise<NativeBuild> {
  const release = llamaRelease();
  const generator = await checkTools();
  const build = join(packageRoot(), 'build', 'native');
  const waiting = (pid: number) => options.onLine(`waiting for process ${pid}, which is building native/`);
  return withLock(`${build}.lock`, waiting, async () => {
    const headers = await llamaHeaders(release);
    const from = { generator, headers, libraries: release.libraries, onLine: options.onLine };
    const nvcc = await programVersion(process.env.CUDACXX || 'nvcc');
    await configure(build, from, cardSettings({ plugins: installedPlugins(), nvcc }, options.onLine));
    await compile(build, ['rectune-native', ...(options.test ? ['native-tests'] : [])], options.onLine);
    if (!options.test) return { binary: builtBinary(), tests: undefined };
    const plain = await runTests(build, [], options.onLine);
    const sanitized = `${build}-sanitized`;
    await configure(sanitized, from, ['-DRECTUNE_SANITIZE=ON']);
    await compile(sanitized, ['fuzz_loaders'], options.onLine);
    const fuzz = await runTests(sanitized, ['--tests-regex', '^fuzz_loaders$'], options.onLine);
    const sum = (count: keyof NativeTests) => plain[count] + fuzz[count];
    return { binary: builtBinary(), tests: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') } };
  });
}

/**
 * Whether cmake is to build our own kernels for NVIDIA cards: from compute capability 8.0 on, with machine code for 8.0 and 9.0.
 *
 * nvcc    its version; undefined when it is not there
 * onLine  told when a card would compute without them
 */
export function cardSettings(
  there: { plugins: readonly PluginDevice[]; nvcc: string | undefined },
  onLine: (line: string) => void,
): string[] {
  const off = ['-DRECTUNE_CUDA=OFF'];
  if (!there.plugins.includes('cuda')) return off;
  if (there.nvcc !== undefined) return ['-DRECTUNE_CUDA=ON', '-DCMAKE_CUDA_ARCHITECTURES=80;90'];
  onLine(
    'no nvcc on PATH or in CUDACXX: a card will compute with plain ggml ops, several times as slowly as with our own kernels',
  );
  return off;
}

const TOOLS = [
  { programs: ['git'], what: 'git', debian: 'git' },
  { programs: ['c++', 'g++', 'clang++'], what: 'a C++17 compiler', debian: 'g++' },
  { programs: ['cmake'], what: 'cmake', debian: 'cmake' },
  { programs: ['ninja', 'make'], what: 'ninja', debian: 'ninja-build' },
] as const;

/** Checks that the tools are there, all at once so that one visit to the package manager is enough; returns the cmake generator. */
async function checkTools(): Promise<'Ninja' | 'Unix Makefiles'> {
  const own = process.env.CXX?.split(' ')[0];
  const missing: (typeof TOOLS)[number][] = [];
  for (const tool of TOOLS) {
    const programs = tool.debian === 'g++' && own ? [own, ...tool.programs] : tool.programs;
    const versions = await Promise.all(programs.map(programVersion));
    if (versions.every((version) => version === undefined)) missing.push(tool);
  }
  if (missing.length > 0) {
    const debian = missing.map((tool) => tool.debian).join(' ');
    throw new RectuneError(
      'usage',
      `the native trainer needs ${missing.map((tool) => tool.what).join(', ')}, not found on this machine`,
      'PATH',
      `Debian and Ubuntu: apt-get install ${debian}; macOS: xcode-select --install && brew install cmake ninja`,
    );
  }
  return (await programVersion('ninja')) === undefined ? 'Unix Makefiles' : 'Ninja';
}

interface BuildParts {
  generator: string;
  headers: string;
  libraries: string;
  onLine: (line: string) => void;
}

async function configure(build: string, from: BuildParts, settings: readonly string[] = []): Promise<void> {
  const { onLine } = from;
  const source = join(packageRoot(), 'native');
  const args = ['-S', source, '-B', build, '-G', from.generator];
  args.push(`-DRECTUNE_LLAMA_SOURCE=${from.headers}`, `-DRECTUNE_LLAMA_LIBRARIES=${from.libraries}`, ...settings);
  const cached = existsSync(join(build, 'CMakeCache.txt'));
  let end = await runProgram('cmake', args, { onLine });
  if (end.exitCode !== 0 && cached) {
    // The folder was configured from another place or with another generator; cmake refuses to change either.
    await rm(build, { recursive: true, force: true });
    end = await runProgram('cmake', args, { onLine });
  }
  if (end.exitCode !== 0) throw buildError('cmake could not configure native/', end, args);
}

async function compile(build: string, targets: string[], onLine: (line: string) => void): Promise<void> {
  const args = ['--build', build, '--parallel', String(availableThreads()), '--target', ...targets];
  const end = await runProgram('cmake', args, { onLine });
  if (end.exitCode !== 0) throw buildError('native/ does not compile', end, args);
}

async function runTests(build: string, which: readonly string[], onLine: (line: string) => void): Promise<NativeTests> {
  const args = ['--test-dir', build, '--output-on-failure', '--no-tests=error', ...which];
  let skipped = 0;
  const watch = (line: string) => {
    if (/^\s*\d+\/\d+ Test .*\*\*\*Skipped/.test(line)) skipped++;
    onLine(line);
  };
  const end = await runProgram('ctest', args, { environment: pluginEnvironment(), onLine: watch });
  // "92% tests passed, 1 tests failed out of 12", which ctest prints in every version that knows --test-dir (3.20)
  const summary = end.tail.map((line) => /(\d+) tests failed out of (\d+)/.exec(line)).find((match) => match !== null);
  if (!summary) throw buildError('ctest ran no tests of native/', end, args);
  const failed = Number(summary[1]);
  return { passed: Number(summary[2]) - failed - skipped, failed, skipped };
}

function buildError(what: string, end: ProgramEnd, args: readonly string[]): RectuneError {
  const errors = end.tail.filter((line) => /error/i.test(line)).slice(0, 3);
  const detail = (errors.length > 0 ? errors : end.tail.slice(-3)).map((line) => line.trim()).join(' | ');
  return new RectuneError(
    'usage',
    `${what}: ${detail}`,
    `cmake ${args.slice(0, 4).join(' ')}`,
    'see the whole output with: rectune build-native',
  );
}
