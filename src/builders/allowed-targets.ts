import { mayBeTarget, type TargetRule } from '../core/target-rule.js';
import type { UserSequences } from './user-sequences.js';

/** Of a log, which interactions may be targets: a bit each, so that examples can be counted before any is made. */
export class AllowedTargets {
  readonly #sequences: UserSequences;
  readonly #bits: Uint8Array;

  constructor(sequences: UserSequences, rule: TargetRule) {
    this.#sequences = sequences;
    this.#bits = new Uint8Array(Math.ceil(sequences.size / 8));
    for (let user = 0; user < sequences.users; user++) {
      let at = sequences.begin(user);
      for (const interaction of sequences.sequence(user).interactions) {
        if (mayBeTarget(interaction, rule)) (this.#bits[at >>> 3] as number) |= 1 << (at & 7);
        at += 1;
      }
    }
  }

  /** Places of a user's interactions that may be targets, from a place on, in the user's order. */
  places(user: number, from: number): number[] {
    const begin = this.#sequences.begin(user);
    const found: number[] = [];
    for (let place = from; place < this.#sequences.count(user); place++) {
      const at = begin + place;
      if (((this.#bits[at >>> 3] as number) >>> (at & 7)) & 1) found.push(place);
    }
    return found;
  }
}

const known = new WeakMap<UserSequences, { readonly rule: TargetRule; readonly targets: AllowedTargets }>();

/** Kept with the log: a plan goes through its examples several times. */
export function allowedTargets(sequences: UserSequences, rule: TargetRule): AllowedTargets {
  const before = known.get(sequences);
  if (before?.rule === rule) return before.targets;
  const targets = new AllowedTargets(sequences, rule);
  known.set(sequences, { rule, targets });
  return targets;
}
