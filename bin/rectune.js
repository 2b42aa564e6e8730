#!/usr/bin/env node
// The command `rectune`. It stands outside dist/ so that npm can link it before the first build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'error: rectune is not built yet\n  at:  dist/cli/main.js\n  fix: run `npm run build` in its folder\n',
  );
  process.exitCode = 2;
}
