import { describeError, ExitCode, RectuneError } from '../core/errors.js';

/**
 * What stderr shows of an error, and the exit code.
 *
 * A RectuneError is three lines (what, where, fix). Anything else is our bug: its stack, and code 1. With json both are
 * one line {"error":{"what","where","fix","code"}}.
 */
export function renderError(error: unknown, how: { json: boolean; color: boolean }): { text: string; code: ExitCode } {
  if (error instanceof RectuneError) {
    const code = error.exitCode;
    if (how.json) return { text: jsonError(error.message, error.where, error.fix, code), code };
    const text = describeError(error);
    return { text: how.color ? text.replace(/^error:/, '\u001b[31merror:\u001b[39m') : text, code };
  }
  const bug = error instanceof Error ? error : new Error(String(error));
  const stack = bug.stack ?? bug.message;
  const fix = 'this is a bug in rectune: please report it with this text';
  if (how.json) return { text: jsonError(bug.message, stack, fix, ExitCode.bug), code: ExitCode.bug };
  return { text: `${stack}\n  fix: ${fix}`, code: ExitCode.bug };
}

function jsonError(what: string, where: string, fix: string, code: ExitCode): string {
  return JSON.stringify({ error: { what, where, fix, code } });
}
