import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  optionalDependencies?: Record<string, string>;
  resolved?: string;
}

const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

describe('package-lock.json', () => {
  // A registry that lacks the packages of some platforms makes npm leave them out, and `npm ci` refuses the lock file then.
  it('holds every optional dependency, those of other platforms too', () => {
    const optional = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(optional.length).toBeGreaterThan(10);
    for (const name of optional) expect(Object.keys(lock.packages)).toContain(`node_modules/${name}`);
  });

  it('names no download addresses, so that any registry serves', () => {
    for (const entry of Object.values(lock.packages)) expect(entry.resolved).toBeUndefined();
  });
});
