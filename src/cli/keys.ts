/** What a process reads keys from; a test puts a stream in its place. */
export interface KeySource extends AsyncIterable<unknown> {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  pause(): unknown;
}

const INTERRUPT = '\u0003'; // Ctrl-C, which a terminal in raw mode hands over as a character

/**
 * Keys as they are pressed, one character each; from a pipe or a file its characters. Spaces and line ends are none. Ctrl-C ends them.
 * The terminal is as it was when they end.
 */
export async function* keysOf(source: KeySource): AsyncGenerator<string, void> {
  if (source.isTTY) source.setRawMode?.(true);
  try {
    for await (const chunk of source) {
      for (const key of String(chunk)) {
        if (key === INTERRUPT) return;
        if (key.trim() !== '') yield key;
      }
    }
  } finally {
    if (source.isTTY) source.setRawMode?.(false);
    source.pause();
  }
}
