import { describe, expect, it } from 'vitest';
import { PROTOCOL } from '../../src/core/run-config.js';
import { fakeNative } from '../trainers/fake-native.js';
import { invoke } from './invoke.js';

const MEASURES = `
start({ kernel: 'avx9' });
say({ event: 'kernel', name: 'peak', gflops: 150.4, share: 1, gigabytesPerSecond: null });
say({ event: 'kernel', name: 'frozen linear', gflops: 120.2, share: 0.797, gigabytesPerSecond: null });
say({ event: 'kernel', name: 'swiglu', gflops: null, share: null, gigabytesPerSecond: 9.26 });
done();
`;

describe('rectune doctor', () => {
  it('tells the kernels that native/ chose and what each reaches', async () => {
    const calls = fakeNative(MEASURES);
    const { code, stdout } = await invoke(['doctor', '--json']);
    expect(code).toBe(0);
    expect(calls()).toMatchObject([{ verb: 'measure', config: { protocol: PROTOCOL, threads: 1 } }]);
    expect(JSON.parse(stdout)).toMatchObject({
      kernels: 'avx9',
      peak: '150 GFLOP/s a thread',
      'frozen linear': '120 GFLOP/s a thread, 80 % of the peak',
      swiglu: '9.3 GB/s',
    });
  });

  it('says what is wrong with a native program that cannot measure, and goes on', async () => {
    fakeNative(
      `start(); say({ event: 'error', code: 4, what: 'no CPU backend', where: 'here', fix: 'install it' }); process.exit(4);`,
    );
    const { code, stdout } = await invoke(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/kernels +no CPU backend {2}\(install it\)/);
    expect(stdout).toMatch(/^cmake /m);
  });
});
