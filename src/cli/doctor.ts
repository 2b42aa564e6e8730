import { RectuneError } from '../core/errors.js';
import { PROTOCOL } from '../core/run-config.js';
import { availableThreads, cpuFeatures, defaultThreads } from '../platform/cpu.js';
import { installedPlugins } from '../platform/device-plugins.js';
import { exists } from '../platform/files.js';
import { llamaRelease } from '../platform/llama-release.js';
import { builtBinary } from '../platform/native-build.js';
import { NATIVE_VARIABLE, runNative } from '../platform/native-program.js';
import { packageVersion } from '../platform/package-version.js';
import { programVersion } from '../platform/process.js';

/** One thing that was looked at; `fix` when something is to be done about it. */
export interface Finding {
  name: string;
  value: string;
  fix?: string;
}

/** Looks at all that training needs on this machine. Changes nothing and builds nothing; a trainer that is there measures its kernels. */
export async function examine(): Promise<Finding[]> {
  return [
    { name: 'rectune', value: packageVersion() },
    { name: 'node', value: process.version },
    { name: 'platform', value: `${process.platform} ${process.arch}` },
    llamaFinding(),
    nativeFinding(),
    ...(await kernelFindings()),
    deviceFinding(),
    { name: 'threads', value: `${defaultThreads()} by default, ${availableThreads()} available` },
    { name: 'cpu', value: cpuFeatures().join(' ') || 'features not known on this platform' },
    await toolFinding('git', 'git', 'git'),
    await toolFinding('compiler', process.env.CXX?.split(' ')[0] ?? 'c++', 'g++'),
    await toolFinding('cmake', 'cmake', 'cmake'),
    await toolFinding('ninja', 'ninja', 'ninja-build'),
  ];
}

function llamaFinding(): Finding {
  try {
    const { version, packageVersion: bundled } = llamaRelease();
    return { name: 'llama.cpp', value: `${version}, from node-llama-cpp ${bundled}` };
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    return { name: 'llama.cpp', value: error.message, fix: error.fix };
  }
}

function nativeFinding(): Finding {
  const named = process.env[NATIVE_VARIABLE];
  if (named) return { name: 'native trainer', value: `${named} (from ${NATIVE_VARIABLE})` };
  if (exists(builtBinary())) return { name: 'native trainer', value: builtBinary() };
  return { name: 'native trainer', value: 'not built yet', fix: 'built at first use, or now: rectune build-native' };
}

/** What the kernels reach on one thread, measured in a few hundred milliseconds; nothing while the trainer is not built. */
async function kernelFindings(): Promise<Finding[]> {
  if (!process.env[NATIVE_VARIABLE] && !exists(builtBinary())) return [];
  const findings: Finding[] = [];
  try {
    for await (const event of runNative('measure', { protocol: PROTOCOL, threads: 1 })) {
      if (event.event === 'start') findings.push({ name: 'kernels', value: event.kernel });
      if (event.event === 'kernel') findings.push({ name: event.name, value: reached(event) });
    }
  } catch (error) {
    if (!(error instanceof RectuneError)) throw error;
    findings.push({ name: 'kernels', value: error.message, fix: error.fix });
  }
  return findings;
}

function reached(kernel: { gflops: number | null; share: number | null; gigabytesPerSecond: number | null }): string {
  if (kernel.gflops === null) return `${kernel.gigabytesPerSecond?.toFixed(1)} GB/s`;
  const share = kernel.share === 1 ? '' : `, ${Math.round(100 * (kernel.share ?? 0))} % of the peak`;
  return `${Math.round(kernel.gflops)} GFLOP/s a thread${share}`;
}

function deviceFinding(): Finding {
  const plugins = installedPlugins();
  if (plugins.length > 0) return { name: 'devices', value: `cpu; plug-in installed: ${plugins.join(', ')}` };
  return { name: 'devices', value: 'cpu', fix: 'for a GPU: rectune build-native --device cuda, or vulkan' };
}

async function toolFinding(name: string, program: string, debian: string): Promise<Finding> {
  const version = await programVersion(program);
  return version === undefined
    ? { name, value: 'missing', fix: `apt-get install ${debian}` }
    : { name, value: version };
}
