import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import { packageRoot } from './files.js';
import { llamaRelease, requireSameRelease } from './llama-release.js';
import { runProgram } from './process.js';

/** The devices beside the CPU for which llama.cpp has prebuilt plug-ins of the pinned release. */
export const PLUGIN_DEVICES = ['cuda', 'vulkan'] as const;
export type PluginDevice = (typeof PLUGIN_DEVICES)[number];

/** node-llama-cpp's package of a device's libraries, by `process.platform` and `process.arch`. */
const PACKAGES: Record<PluginDevice, Record<string, string>> = {
  cuda: { 'linux x64': 'linux-x64-cuda' },
  vulkan: { 'linux x64': 'linux-x64-vulkan' },
};

/** Tells native/ where the plug-ins are; a user's own value stands. */
export const PLUGIN_VARIABLE = 'RECTUNE_DEVICE_LIBRARIES';

/** Where the plug-ins are kept: one file a device, "libggml-vulkan.so". */
function pluginFolder(): string {
  return join(packageRoot(), 'build', 'devices');
}

/** The devices whose plug-in is installed. Whether there is such a device, only its driver can say. */
export function installedPlugins(): PluginDevice[] {
  const files = existsSync(pluginFolder()) ? readdirSync(pluginFolder()) : [];
  return PLUGIN_DEVICES.filter((device) => files.includes(fileName(device)));
}

/** What native/ needs in its environment to find the plug-ins. */
export function pluginEnvironment(): Record<string, string> {
  return process.env[PLUGIN_VARIABLE] || installedPlugins().length === 0 ? {} : { [PLUGIN_VARIABLE]: pluginFolder() };
}

/**
 * Fetches the prebuilt plug-in of a device, of the same llama.cpp release as the rest, from the package registry that npm is set up
 * for. The one step after `npm ci` that needs a network; a plug-in that is there is left as it is.
 *
 * returns its path
 * throws  RectuneError (usage) when the platform has none, or it cannot be fetched, or it is of another release
 */
export async function installPlugin(device: PluginDevice, onLine: (line: string) => void): Promise<string> {
  const path = join(pluginFolder(), fileName(device));
  if (existsSync(path)) return path;
  const platform = `${process.platform} ${process.arch}`;
  const name = PACKAGES[device][platform];
  if (!name) {
    const fix = `use --device cpu, or build ggml with ${device} yourself and name its folder in ${PLUGIN_VARIABLE}`;
    throw new RectuneError('usage', `there is no prebuilt ${device} plug-in for ${platform}`, 'this machine', fix);
  }
  const release = llamaRelease();
  mkdirSync(pluginFolder(), { recursive: true });
  const work = mkdtempSync(join(pluginFolder(), '.fetch-'));
  try {
    const wanted = `@node-llama-cpp/${name}@${release.packageVersion}`;
    onLine(`fetching ${wanted}`);
    await run('npm', ['pack', '--silent', '--pack-destination', work, wanted], packageRoot());
    const archive = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (!archive) throw new RectuneError('usage', `npm fetched no archive of ${wanted}`, work, 'run it again');
    const libraries = join('package', 'bins', name);
    const members = [fileName(device), '_nlcBuildMetadata.json'].map((file) => join(libraries, file));
    await run('tar', ['-xzf', archive, ...members], work);
    requireSameRelease(release, join(work, libraries), `the ${device} plug-in`);
    const temporary = join(work, 'plug-in');
    copyFileSync(join(work, libraries, fileName(device)), temporary);
    renameSync(temporary, path);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fileName(device: PluginDevice): string {
  return `libggml-${device}.so`;
}

async function run(program: string, args: string[], directory: string): Promise<void> {
  const end = await runProgram(program, args, { directory });
  if (end.exitCode === 0) return;
  const what = `${program} failed: ${end.tail.slice(-3).join(' | ') || 'it could not be started'}`;
  throw new RectuneError(
    'usage',
    what,
    `${program} ${args.join(' ')}`,
    'check the network, and that npm and tar are installed',
  );
}
