import { ExitCode } from '../core/errors.js';
import { packageVersion } from '../platform/package-version.js';
import { runCommandLine } from './command-line.js';
import { COMMANDS } from './commands.js';
import { keysOf } from './keys.js';
import { stoppableBy } from './signals.js';

// A reader that has seen enough ("rectune list runs | head -1") is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.done);
  throw error;
});

// The code is set and not forced: what was written to a pipe is flushed before the process ends.
process.exitCode = await runCommandLine(process.argv.slice(2), COMMANDS, packageVersion(), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  now: () => new Date(),
  keys: () => keysOf(process.stdin),
  stoppable: stoppableBy(
    process,
    (text) => process.stderr.write(text),
    () => process.exit(ExitCode.stopped),
  ),
});
