import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { packageRoot } from './files.js';
import { runProgram } from './process.js';

/** The llama.cpp release inside the pinned node-llama-cpp: prebuilt libraries and the source they were built from. */
export interface LlamaRelease {
  /** Tag of llama.cpp, for example "v0.5.0". */
  version: string;
  /** Version of node-llama-cpp and of its platform package; the two are equal. */
  packageVersion: string;
  /** Folder with libllama, libggml, libggml-base and the CPU plug-ins. */
  libraries: string;
  /** Git bundle of the source. */
  bundle: string;
}

/** node-llama-cpp's name of a platform, by `process.platform` and `process.arch`. */
const PLATFORMS: Record<string, string> = {
  'linux x64': 'linux-x64',
  'linux arm64': 'linux-arm64',
  'darwin arm64': 'mac-arm64-metal',
  'darwin x64': 'mac-x64',
};

/** The only parts of the source that native/ needs: headers, and ggml's version. */
const PARTS = ['include', 'ggml/include', 'ggml/CMakeLists.txt', 'vendor/nlohmann'];

/**
 * Finds the release and checks that headers and libraries belong together: the struct layouts of llama.cpp change
 * between releases, so a mix would not fail to link but misread memory.
 *
 * throws RectuneError (usage) when the platform has no prebuilt libraries, a package is missing, or versions differ
 */
export function llamaRelease(): LlamaRelease {
  const platform = `${process.platform} ${process.arch}`;
  const name = PLATFORMS[platform];
  if (!name) {
    const offered = Object.keys(PLATFORMS).join(', ');
    throw new RectuneError(
      'usage',
      `there are no prebuilt llama.cpp libraries for ${platform}`,
      'this machine',
      `use one of ${offered}`,
    );
  }
  const base = packageFolder('node-llama-cpp', import.meta.url);
  const prebuilt = packageFolder(`@node-llama-cpp/${name}`, join(base, 'package.json'));
  const libraries = join(prebuilt, 'bins', name);
  const bundle = join(base, 'llama', 'gitRelease.bundle');
  for (const path of [libraries, bundle]) {
    if (!existsSync(path)) {
      throw new RectuneError('usage', `${path} is missing`, 'node_modules', 'install the packages anew: npm ci');
    }
  }
  const packageVersion = readField(join(base, 'package.json'), ['version']);
  const version = readField(join(base, 'llama', 'llama.cpp.info.json'), ['tag']);
  requireEqual(
    'node-llama-cpp',
    packageVersion,
    `@node-llama-cpp/${name}`,
    readField(join(prebuilt, 'package.json'), ['version']),
  );
  const release = { version, packageVersion, libraries, bundle };
  requireSameRelease(release, libraries, 'the llama.cpp libraries');
  return release;
}

/** Checks that a folder of prebuilt libraries was built from this release. `what` names them in the error. */
export function requireSameRelease(release: LlamaRelease, libraries: string, what: string): void {
  const built = readField(join(libraries, '_nlcBuildMetadata.json'), ['buildOptions', 'llamaCpp', 'release']);
  requireEqual('the llama.cpp source', release.version, what, built);
}

/**
 * The headers of the release, checked out once to build/llama-<version>/ of this package.
 *
 * Written under a temporary name and renamed, so that half a checkout is never taken for a whole one.
 * returns the folder that holds include/, ggml/include/ and vendor/nlohmann/
 */
export async function llamaHeaders(release: LlamaRelease): Promise<string> {
  const folder = join(packageRoot(), 'build', `llama-${release.version}-${release.packageVersion}`);
  if (PARTS.every((part) => existsSync(join(folder, part)))) return folder;
  await rm(folder, { recursive: true, force: true }); // made by a rectune that needed fewer parts
  const temporary = `${folder}.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  const quiet = ['-c', 'core.autocrlf=false', '-c', 'advice.detachedHead=false', '-c', 'core.hooksPath=/dev/null'];
  await git([...quiet, 'clone', '--quiet', '--no-checkout', '--template=', release.bundle, temporary]);
  await git(['-C', temporary, ...quiet, 'checkout', '--quiet', 'HEAD', '--', ...PARTS]);
  await rm(join(temporary, '.git'), { recursive: true, force: true });
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // another process was faster with the same content
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

async function git(args: string[]): Promise<void> {
  // Inside a git hook these name the hook's repository, and every git command would act on that one.
  const environment = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };
  const end = await runProgram('git', args, { environment });
  if (end.exitCode === 0) return;
  const fix = 'check that there is room on the disk and that node_modules is whole (npm ci)';
  throw new RectuneError(
    'usage',
    `git could not unpack the llama.cpp headers: ${end.tail.join(' ')}`,
    `git ${args.join(' ')}`,
    fix,
  );
}

/** The folder of an installed package, found from a file as Node would; node-llama-cpp exports no package.json. */
function packageFolder(name: string, from: string): string {
  let file: string;
  try {
    file = createRequire(from).resolve(name);
  } catch {
    const fix =
      'install the packages: npm ci (not with --omit=optional: the prebuilt libraries are an optional package)';
    throw new RectuneError('usage', `package ${name} is not installed`, 'node_modules', fix);
  }
  return join(dirname(file), '..'); // the entry is dist/index.js
}

function readField(path: string, keys: readonly string[]): string {
  let value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  for (const key of keys) value = (value as Record<string, unknown> | undefined)?.[key];
  if (typeof value === 'string') return value;
  throw new RectuneError('usage', `"${keys.join('.')}" is missing`, path, 'install the packages anew: npm ci');
}

function requireEqual(one: string, first: string, other: string, second: string): void {
  if (first === second) return;
  throw new RectuneError(
    'usage',
    `${one} is ${first} but ${other} is ${second}`,
    'node_modules',
    'install the pinned versions: npm ci',
  );
}
