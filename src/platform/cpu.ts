import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** More threads than this were never measured to help; a user may still ask for them. */
const MOST_BY_DEFAULT = 16;

/**
 * The number of threads that train and score use unless told: the CPUs this process may use, at most 16.
 *
 * "May use" counts the affinity mask and, on Linux, the CPU quota of the container: ggml's threads spin at barriers, so
 * threads beyond the CPUs that are really there cost far more than they bring. It does not look at the load of other
 * programs, which changes from one moment to the next; on a busy machine pass --threads.
 */
export function defaultThreads(): number {
  return Math.min(availableThreads(), MOST_BY_DEFAULT);
}

/** The CPUs this process may use: affinity and container quota, at least 1. */
export function availableThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), cpuQuota() ?? Number.POSITIVE_INFINITY));
}

/** Whole CPUs of a cgroup v2 quota, rounded down; undefined without one. */
function cpuQuota(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8'); // "200000 100000": microseconds a period; or "max 100000"
  } catch {
    return undefined;
  }
  const [quota, period] = text.trim().split(' ').map(Number);
  if (!quota || !period || !Number.isFinite(quota)) return undefined;
  return Math.max(1, Math.floor(quota / period));
}

/** Instruction sets that decide the speed of the kernels, as the processor names them; empty where this cannot be asked. */
export function cpuFeatures(): string[] {
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return [];
  }
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.split(' '));
  return DECISIVE.filter((flag) => flags.has(flag));
}

const DECISIVE = [
  'avx2',
  'fma',
  'f16c',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_bf16',
  'asimd',
  'sve',
];
