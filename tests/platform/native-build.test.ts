import { afterEach, expect, it, vi } from 'vitest';
import { buildNative } from '../../src/platform/native-build.js';
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
