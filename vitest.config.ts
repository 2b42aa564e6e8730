import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // The native trainer and the flow tests use their own threads; two workers keep two cores from being oversold.
    maxWorkers: 2,
    reporters: ['default', './tests/closing-line-reporter.ts'],
  },
});
