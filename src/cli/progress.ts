import type { RunEvent } from '../core/run-event.js';

/** Where progress is shown: stderr. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const PLAIN_EVERY = 15_000; // ms between lines when stderr is not a terminal
const REDRAW_EVERY = 100; // ms between redraws on a terminal
const NAMED_ROWS = 10; // of those that were too long
const READING_PATIENCE = 1000; // ms of reading before a line is shown

/**
 * Shows how far a run is: one line that is rewritten on a terminal, a plain line now and then elsewhere. Everything that
 * goes to stderr passes here, so that notes and the line do not write into each other.
 */
export class Progress {
  readonly #screen: Screen;
  readonly #rewrites: boolean;
  #line = '';
  #shownAt = Number.NEGATIVE_INFINITY;
  #meter = new Meter();

  constructor(screen: Screen, environment: Record<string, string | undefined>) {
    this.#screen = screen;
    this.#rewrites = screen.isTTY === true && environment.TERM !== 'dumb';
  }

  /** A line that stays. */
  note(text: string): void {
    this.#clear();
    this.#screen.write(`${text}\n`);
    this.#draw();
  }

  /** Takes an event of native/ and shows what is worth showing. */
  event(event: RunEvent): void {
    if (event.event === 'start' && event.verb !== 'fit') this.end(); // another task begins; a fit is one of many
    for (const line of this.#meter.notes(event)) this.note(line);
    const status = this.#meter.status(event);
    if (status !== undefined) this.#show(status, this.#meter.isComplete);
  }

  /**
   * Shows how far the hashing and then the reading of large files is, at what rate, and how long it will take at that rate; small ones are over before
   * a line is worth it. bytes, size: of all files together. rows: of the log so far
   */
  reading(): (read: { stage: 'hashed' | 'read'; file: string; bytes: number; size: number; rows: number }) => void {
    let began: number | undefined;
    let last: 'hashed' | 'read' | undefined;
    return ({ stage, file, bytes, size, rows }) => {
      const now = performance.now();
      if (stage !== last) began = undefined; // each has a rate of its own
      last = stage;
      began ??= now;
      const passed = now - began;
      if (passed < READING_PATIENCE) return;
      const share = Math.floor((100 * bytes) / Math.max(1, size));
      const rate = rows > 0 ? `  ${counted(rows)} rows  ${counted((1000 * rows) / passed)} rows/s` : '';
      const left = duration((passed / 1000) * (Math.max(0, size - bytes) / Math.max(1, bytes)));
      const what = stage === 'hashed' ? ' hashed' : '';
      this.#show(`${file}: ${share} % of ${megabytes(size)}${what}${rate}  ${left} left`, false);
    };
  }

  /** Shows how far a file is on its way, how fast it comes, and how long it will take at that rate. */
  transfer(): (transfer: { file: string; bytes: number; size: number }) => void {
    const begun = new Map<string, { at: number; bytes: number }>(); // what an earlier try left has no part in the rate
    return ({ file, bytes, size }) => {
      const now = performance.now();
      const first = begun.get(file) ?? { at: now, bytes };
      begun.set(file, first);
      const rate = (bytes - first.bytes) / Math.max(1, now - first.at); // bytes a millisecond
      const speed = rate > 0 ? `  ${megabytes(1000 * rate)}/s  ${duration((size - bytes) / rate / 1000)} left` : '';
      const share = Math.floor((100 * bytes) / Math.max(1, size));
      this.#show(`${file}: ${megabytes(bytes)} of ${megabytes(size)}, ${share} %${speed}`, bytes === size);
      if (bytes === size) this.end();
    };
  }

  #show(status: string, isLast: boolean): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.#rewrites ? REDRAW_EVERY : PLAIN_EVERY) && !isLast) return;
    this.#shownAt = now;
    if (!this.#rewrites) {
      this.#screen.write(`${status}\n`);
      return;
    }
    this.#line = status;
    this.#draw();
  }

  /** Ends the line, so that the next task begins with a fresh one. */
  end(): void {
    if (this.#line !== '') this.#screen.write('\n');
    this.#line = '';
    this.#shownAt = Number.NEGATIVE_INFINITY;
    this.#meter = new Meter();
  }

  #draw(): void {
    if (this.#line === '') return;
    const width = (this.#screen.columns ?? 80) - 1; // a full last column would wrap
    this.#screen.write(`\r\u001b[K${this.#line.slice(0, width)}`);
  }

  #clear(): void {
    if (this.#line !== '') this.#screen.write('\r\u001b[K');
  }
}

/** Turns events into words: speed over all steps since the start, and the time that is left at that speed. */
class Meter {
  #rows = 0;
  #scored = 0;
  #prompts = 0;
  #written = 0;
  #began: number | undefined;
  #firstStep: number | undefined;
  #firstSeconds = 0;
  #tokens = 0;
  readonly #truncated: number[] = [];
  isComplete = false;

  /** Lines that stay on the screen. */
  notes(event: RunEvent): string[] {
    switch (event.event) {
      case 'start':
        if (event.verb === 'fit') return [];
        return [`${event.verb}: ggml ${event.ggml}, kernels ${event.kernel}, ${event.threads} threads`];
      case 'model':
        return [`model: ${event.architecture}, ${event.blocks} blocks, ${millions(event.parameters)} parameters`];
      case 'truncated':
        this.#truncated.push(event.row);
        return [];
      case 'data':
        return [
          `data: ${event.rows} rows, ${event.tokens} tokens, longest ${event.longest}`,
          ...(event.truncatedRows > 0 ? [`too long, oldest history dropped: ${this.#truncatedRows()}`] : []),
        ];
      case 'prompts':
        return [`prompts: ${event.prompts}, ${event.tokens} tokens, longest ${event.longest}`];
      case 'estimate': {
        if (event.remaining !== null) return [`time: about ${duration(event.remaining)} from here`];
        const how = event.recompute ? '; each block is computed again in the backward' : '';
        return [`memory: about ${gigabytes(event.memory)}${how}`];
      }
      case 'hidden-states': {
        if (event.block === 0) return [];
        const how = event.reused ? 'found' : `computed in ${event.seconds.toFixed(1)} s`;
        const where = event.place === 'nowhere' ? `not kept: ${event.reason}` : `kept (${event.place}), ${how}`;
        return [
          `hidden states of ${event.split} below block ${event.block}: ${Math.ceil(event.bytes / 2 ** 20)} MiB, ${where}`,
        ];
      }
      case 'parity':
        return [
          `parity with llama.cpp: largest logit difference ${event.maxDifference.toExponential(1)} (tolerance ${event.tolerance})`,
        ];
      case 'precision': {
        if (event.difference === null) return [];
        const strayed = `${event.difference.toExponential(1)} of their size (tolerance ${event.tolerance})`;
        return [`precision ${event.chosen}: logits and gradients differ from f32 by ${strayed}`];
      }
      case 'serving-gap':
        return [`serving gap: llama.cpp on this file differs by up to ${event.maxDifference.toFixed(3)} in log-odds`];
      case 'validation-plan':
        return [
          event.every === 0
            ? `no evaluation on valid: one of ${event.rows} rows costs more than 5 % of the run (--eval-every asks for it all the same)`
            : `AUC on ${event.rows} rows of valid every ${event.every} steps: ${(100 * event.share).toFixed(1)} % of the work`,
        ];
      case 'kept':
        return [
          `${event.stoppedEarly ? `stopped early after step ${event.lastStep}; ` : ''}the adapter is that of step ${event.step}`,
        ];
      case 'resumed':
        return [`resumed after step ${event.step}`];
      default:
        return [];
    }
  }

  #truncatedRows(): string {
    const rows = this.#truncated;
    const named = rows.slice(0, NAMED_ROWS).join(', ');
    const rest = rows.length - NAMED_ROWS;
    return `${rows.length} rows: ${named}${rest > 0 ? ` and ${rest} more` : ''}`;
  }

  /** The progress line after this event; undefined when it does not change. */
  status(event: RunEvent): string | undefined {
    if (event.event === 'data') this.#rows = event.rows;
    if (event.event === 'step') return this.#step(event);
    if (event.event === 'score') return this.#score();
    if (event.event === 'prompts') this.#begin(event.prompts);
    if (event.event === 'generated') return this.#answered('texts', event.tokens);
    if (event.event === 'served' || event.event === 'ranked') return this.#answered('rows', event.tokens);
    if (event.event === 'epoch') {
      const value = event.value === null ? '' : `  valid ${event.value.toFixed(4)}`;
      return `fit: epoch ${event.epoch}/${event.epochs}  loss ${event.loss.toFixed(4)}${value}`;
    }
    if (event.event === 'merging') {
      this.isComplete = event.done + 1 === event.tensors;
      return `merging tensor ${event.done + 1}/${event.tensors}`;
    }
    return undefined;
  }

  #step(event: Extract<RunEvent, { event: 'step' }>): string {
    if (this.#firstStep === undefined) {
      this.#firstStep = event.step;
      this.#firstSeconds = event.seconds;
    } else this.#tokens += event.tokens;
    this.isComplete = event.step === event.steps;
    const seconds = event.seconds - this.#firstSeconds;
    const done = event.step - this.#firstStep; // steps that were timed: all but the first
    const speed = done > 0 && seconds > 0 ? `  ${Math.round(this.#tokens / seconds)} tokens/s` : '';
    const left = done > 0 ? `  ${duration((seconds / done) * (event.steps - event.step))} left` : '';
    return `step ${event.step}/${event.steps}  epoch ${event.epoch}  loss ${event.loss.toFixed(4)}${speed}${left}`;
  }

  #begin(prompts: number): void {
    this.#prompts = prompts;
    this.#began = performance.now();
  }

  #answered(what: 'texts' | 'rows', tokens: number): string {
    this.#written += 1;
    this.#tokens += tokens;
    this.isComplete = this.#written === this.#prompts;
    const seconds = (performance.now() - (this.#began as number)) / 1000;
    const left = (seconds / this.#written) * (this.#prompts - this.#written);
    const speed = `${Math.round(this.#tokens / seconds)} tokens/s`;
    const done = what === 'texts' ? 'written' : 'answered';
    return `${done} ${this.#written}/${this.#prompts} ${what}  ${speed}  ${duration(left)} left`;
  }

  #score(): string {
    this.#scored += 1;
    const now = performance.now();
    this.#began ??= now;
    this.isComplete = this.#scored === this.#rows;
    const seconds = (now - this.#began) / 1000;
    const rate = (this.#scored - 1) / seconds;
    const left = this.#scored > 1 && seconds > 0 ? `  ${duration((this.#rows - this.#scored) / rate)} left` : '';
    return `scored ${this.#scored}/${this.#rows} rows${left}`;
  }
}

function millions(count: number): string {
  return count >= 1e6 ? `${(count / 1e6).toFixed(0)} M` : String(count);
}

/** Rows as "41.2 M", or "350 k" below a million. */
function counted(rows: number): string {
  return rows >= 1e6
    ? `${(rows / 1e6).toFixed(1)} M`
    : rows >= 1000
      ? `${Math.round(rows / 1000)} k`
      : String(Math.round(rows));
}

/** Bytes as "1.2 GB", or "35 MB" below a gigabyte. */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** 3,725 s as "1 h 2 min"; only the two largest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
