import type { RunEvent } from './run-event.js';

/**
 * The events that count of a run whose log holds several attempts: as if it had gone through without a break.
 *
 * An attempt begins with `start`. One that says `resumed` takes back the steps after its checkpoint, because they are
 * computed again, and goes on from there. One that makes steps without `resumed` began anew: nothing before it counts.
 * One that does neither (it failed at once) counts only when there is nothing else.
 *
 * events  in the order they came
 */
export function standingEvents(events: readonly RunEvent[]): RunEvent[] {
  let standing: RunEvent[] = [];
  for (const attempt of standingAttempts(events)) {
    const resumed = resumption(attempt);
    if (resumed) {
      const kept = standing.filter((event) => !ENDINGS.has(event.event) && !isAfter(event, resumed.step));
      standing = [...kept, ...attempt.slice(attempt.indexOf(resumed))];
    } else standing = attempt;
  }
  return standing;
}

/**
 * Wall time that a run took, in seconds: of each attempt that counts, to the last time it tells. Steps that a resumed run
 * had to do again took their time twice. undefined for a run that is not done.
 */
export function trainingSeconds(events: readonly RunEvent[]): number | undefined {
  const attempts = standingAttempts(events);
  if (!attempts.at(-1)?.some(({ event }) => event === 'done')) return undefined;
  return attempts.reduce((sum, attempt) => sum + lastSeconds(attempt), 0);
}

function lastSeconds(attempt: readonly RunEvent[]): number {
  return attempt.reduce((last, event) => ('seconds' in event ? event.seconds : last), 0);
}

/** The attempts that count: the newest that began anew, and those that went on from it. */
function standingAttempts(events: readonly RunEvent[]): RunEvent[][] {
  let standing: RunEvent[][] = [];
  for (const attempt of attemptsOf(events)) {
    if (resumption(attempt)) standing.push(attempt);
    else if (standing.length === 0 || attempt.some((event) => event.event === 'step')) standing = [attempt];
  }
  return standing;
}

function resumption(attempt: readonly RunEvent[]): Extract<RunEvent, { event: 'resumed' }> | undefined {
  return attempt.find((event) => event.event === 'resumed');
}

const AT_A_STEP: ReadonlySet<RunEvent['event']> = new Set(['step', 'checkpoint', 'validation']);

const ENDINGS: ReadonlySet<RunEvent['event']> = new Set(['stopped', 'error', 'kept', 'done']);

function attemptsOf(events: readonly RunEvent[]): RunEvent[][] {
  const attempts: RunEvent[][] = [];
  for (const event of events) {
    const current = attempts.at(-1);
    if (event.event === 'start' || !current) attempts.push([event]);
    else current.push(event);
  }
  return attempts;
}

function isAfter(event: RunEvent, step: number): boolean {
  return AT_A_STEP.has(event.event) && 'step' in event && event.step > step;
}
