// RecBole's protocol on a log of MovieLens-100K: users and items with at least five interactions (until both hold), each user's last interaction
// for the test, the one before it for validation, the rest to learn from; full ranking over the items that the user has not met before. All
// interactions count as liked. Users and items are numbered in the order in which they come in the log. RecBole brings times to [0, 1] and keeps them in f32,
// which is exact to a second or two; interactions that are then of the same time keep the order of the log.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FEWEST = 5;

function keepFrequent(log) {
  for (;;) {
    const users = new Map();
    const items = new Map();
    for (const { user, item } of log) {
      users.set(user, (users.get(user) ?? 0) + 1);
      items.set(item, (items.get(item) ?? 0) + 1);
    }
    const kept = log.filter(({ user, item }) => users.get(user) >= FEWEST && items.get(item) >= FEWEST);
    if (kept.length === log.length) return log;
    log = kept;
  }
}

/** [user][place]: item, oldest first; and how many items there are. */
export function readSequences(folder) {
  const lines = readFileSync(join(folder, 'u.data'), 'utf8').trim().split('\n');
  const log = keepFrequent(
    lines.map((line) => {
      const [user, item, , time] = line.split('\t');
      return { user, item, time: Number(time) };
    }),
  );
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const { time } of log) {
    earliest = Math.min(earliest, time);
    latest = Math.max(latest, time);
  }
  const items = new Map();
  const sequences = new Map();
  for (const { user, item, time } of log) {
    if (!items.has(item)) items.set(item, items.size);
    if (!sequences.has(user)) sequences.set(user, []);
    sequences.get(user).push({ item: items.get(item), time: Math.fround((time - earliest) / (latest - earliest)) });
  }
  const sorted = [...sequences.values()].map((met) => met.sort((a, b) => a.time - b.time).map(({ item }) => item));
  return { sequences: sorted, items: items.size };
}

const lines = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

const row = (number, user, history, excluded, target) => ({
  row: number,
  user,
  history,
  liked: null,
  candidates: null,
  excluded,
  relevant: [target],
});

/** Writes lists of lines, by name; returns their paths. */
function write(folder, files) {
  const paths = {};
  for (const [name, list] of Object.entries(files)) {
    paths[name] = join(folder, `${name}.jsonl`);
    writeFileSync(paths[name], lines(list));
  }
  return paths;
}

const learnedFrom = (sequences) => sequences.map((met) => ({ items: met.slice(0, -2), liked: null }));

/** Writes what the verb fit reads: interactions.jsonl, valid.jsonl, test.jsonl (docs/formats.md). */
export function writeProtocol(folder, { sequences }) {
  const train = (met) => met.slice(0, -2);
  return write(folder, {
    interactions: learnedFrom(sequences),
    valid: sequences.map((met, user) => row(user, user, train(met), train(met), met.at(-2))),
    test: sequences.map((met, user) => row(user, user, train(met), met.slice(0, -1), met.at(-1))),
  });
}

/**
 * The same for models of sequences, which RecBole shows the item of validation when it tests, and which rank all items: interactions.jsonl, validAll.jsonl, and scored.jsonl with each
 * user's test row twice, numbered by user among all items, and from the number of users on among the items that are new to the user.
 */
export function writeSequenceProtocol(folder, { sequences }) {
  const test = (first, excluded) =>
    sequences.map((met, user) => row(first + user, user, met.slice(0, -1), excluded(met), met.at(-1)));
  return write(folder, {
    interactions: learnedFrom(sequences),
    validAll: sequences.map((met, user) => row(user, user, met.slice(0, -2), [], met.at(-2))),
    scored: [...test(0, () => []), ...test(sequences.length, (met) => met.slice(0, -1))],
  });
}
