import { afterEach, expect, it, vi } from 'vitest';
import { buildNative, cardSettings } from '../../src/platform/native-build.js';
import { temporaryFolder } from '../store/fixtures.js';

afterEach(() => vi.unstubAllEnvs());

it('names all missing tools at once, with their Debian packages and the macOS way', async () => {
  vi.stubEnv('PATH', temporaryFolder());
  vi.stubEnv('CXX', undefined);
  await expect(buildNative({ onLine: () => {} })).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining('git, a C++17 compiler, cmake, ninja'),
    fix: expect.stringMatching(/apt-get install git g\+\+ cmake ninja-build; macOS: xcode-select --install/),
  });
});

it('builds kernels for NVIDIA cards where the plug-in is installed and nvcc is there, and says what a missing nvcc costs', () => {
  const lines: string[] = [];
  const settings = (plugins: ('cuda' | 'vulkan')[], nvcc: string | undefined) =>
    cardSettings({ plugins, nvcc }, (line) => lines.push(line));
  expect(settings([], '13.0')).toEqual(['-DRECTUNE_CUDA=OFF']);
  expect(settings(['vulkan'], undefined)).toEqual(['-DRECTUNE_CUDA=OFF']);
  expect(settings(['vulkan', 'cuda'], '13.0')).toContain('-DRECTUNE_CUDA=ON');
  expect(lines).toEqual([]);
  expect(settings(['cuda'], undefined)).toEqual(['-DRECTUNE_CUDA=OFF']);
  expect(lines).toEqual([expect.stringContaining('no nvcc')]);
});
