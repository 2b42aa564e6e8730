import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/store.js';
import { StoreBusy } from '../store/store-errors.js';

const PATIENCE = 10 * 60_000; // ms: longer than the import of a large log
const BETWEEN = 200; // ms

/**
 * Writes what a long task would be sorry to lose: while another program has the store locked, tries again, for up to ten
 * minutes. The event loop runs meanwhile, so a signal counts.
 *
 * onWait  is told once when there is a wait
 * throws  StoreBusy when the patience is over, and what the action throws
 */
export async function whenStoreIsFree<T>(store: Store, action: () => T, onWait: (line: string) => void): Promise<T> {
  const end = performance.now() + PATIENCE;
  let told = false;
  for (;;) {
    try {
      return store.atOnce(action);
    } catch (error) {
      if (!(error instanceof StoreBusy) || performance.now() > end) throw error;
    }
    if (!told) onWait('another program has the store locked; waiting for it');
    told = true;
    await sleep(BETWEEN);
  }
}
