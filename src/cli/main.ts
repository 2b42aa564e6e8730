import { ExitCode } from '../core/errors.js';
import { packageVersion } from '../platform/package-version.js';
import { runCommandLine } from './command-line.js';
import { COMMANDS } from './commands.js';

// A reader that has seen enough ("rectune list runs | head -1") is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.done);
  throw error;
});

/** The first signal asks for a checkpoint and an orderly end; the second ends at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(ExitCode.stopped);
    process.stderr.write('\nstopping: a checkpoint is saved first; a second signal ends at once\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

// The code is set and not forced: what was written to a pipe is flushed before the process ends.
process.exitCode = await runCommandLine(process.argv.slice(2), COMMANDS, packageVersion(), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  now: () => new Date(),
  stopSignal,
});
