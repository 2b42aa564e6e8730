// That intervals hold the truth as often as they say, that tests reject what is not there as seldom as they say, and how long the resamples take.
//   npm run build && node bench/statistics.mjs [--users 200] [--simulations 4000] [--calibration 400] [--only speed,independent,clustered,calibration] [--quick]
// Invented users, 2 to 14 rows each, who differ in how much they like and in how well a score sees them. Of each simulation the truth is known: a twin model
// is exactly as good as the first (A/A), and the figures of a very large test set are those that intervals shall hold.
import { parseArgs } from 'node:util';
import { METRICS } from '../dist/core/report.js';
import { METRIC } from '../dist/eval/metrics/metric.js';
import { resampleUsers } from '../dist/eval/statistics/bootstrap.js';
import { delongInterval, delongTest, pairedAuc } from '../dist/eval/statistics/delong.js';
import { difference } from '../dist/eval/statistics/distribution.js';
import { estimate } from '../dist/eval/statistics/interval.js';
import { pairedTests } from '../dist/eval/statistics/paired-tests.js';
import { eachRowAlone, indexUsers } from '../dist/eval/statistics/user-index.js';
import { onAllUsers } from '../dist/eval/statistics/user-statistic.js';
import { calibrationIntervals } from './calibration-interval.mjs';
import { oneRow, severalRows, simulate } from './invented-users.mjs';

const LONGEST = 2; // seconds for 10,000 resamples of 10,000 rows
const REJECTS = [0.04, 0.06];
const AT_MOST = [0, 0.06]; // counted tests of figures with few distinct values promise no more
const HOLDS = [0.93, 0.97];
// Where the truth is near 0 no interval can lie above it, which leaves one tail; and how much chance adds to the figure is bounded, not known.
const HOLDS_CALIBRATION = [0.92, 0.999];
const CALIBRATION_RESAMPLES = 500;
const KINDS = ['percentile', 'bca'];
const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '200' },
    simulations: { type: 'string', default: '4000' },
    calibration: { type: 'string', default: '400' }, // simulations of each kind for the calibration error
    only: { type: 'string', default: 'speed,independent,clustered,calibration' },
    quick: { type: 'boolean', default: false },
  },
});
const users = Number(values.users);
const simulations = values.quick ? 200 : Number(values.simulations);
const slack = values.quick ? 0.04 : 0; // 200 simulations tell 5 % from 9 %, no more
const settings = { resamples: 1000, level: 0.95 };
let failed = false;

const percent = (share) => (100 * share).toFixed(1);

function check(what, share, [low, high], count = simulations, aside = '') {
  const held = share >= low - slack && share <= high + slack;
  if (!held) failed = true;
  const error = Math.sqrt((share * (1 - share)) / count);
  console.log(
    `${what.padEnd(46)} ${percent(share)} % +- ${percent(error)}${aside}${held ? '' : '  NOT WITHIN THE GOAL'}`,
  );
}

class Shares {
  #counts = new Map();
  add(name, holds) {
    if (holds === undefined) return;
    const { held, all } = this.#counts.get(name) ?? { held: 0, all: 0 };
    this.#counts.set(name, { held: held + Number(holds), all: all + 1 });
  }
  each(say) {
    for (const [name, { held, all }] of this.#counts) say(name, held / all, all);
  }
}

function truthOf(rowsOf) {
  const { users: names, labels, scores } = simulate(1, values.quick ? 20_000 : 200_000, rowsOf);
  const index = indexUsers(names);
  return Object.fromEntries(
    METRICS.map((metric) => [metric, onAllUsers(METRIC[metric].byUsers(scores, labels, index), index)]),
  );
}

function clustered() {
  const truth = truthOf(severalRows);
  const [holds, rejects] = [new Shares(), new Shares()];
  for (let simulation = 0; simulation < simulations; simulation++) {
    const { users: names, labels, scores, twin } = simulate(1000 + simulation, users, severalRows);
    const index = indexUsers(names);
    const first = METRICS.map((metric) => METRIC[metric].byUsers(scores, labels, index));
    const second = METRICS.map((metric) => METRIC[metric].byUsers(twin, labels, index));
    const drawn = resampleUsers([...first, ...second], index.count, { ...settings, bootstrapSeed: simulation });
    METRICS.forEach((metric, i) => {
      const paired = difference(drawn[i], drawn[METRICS.length + i]);
      for (const interval of KINDS) {
        const { low, high } = estimate(drawn[i], { ...settings, interval });
        holds.add(`${metric}, ${interval}`, low === null ? undefined : low <= truth[metric] && truth[metric] <= high);
        const tests = pairedTests(first[i], second[i], paired, { ...settings, interval, bootstrapSeed: simulation });
        rejects.add(
          `${metric}, bootstrap (${interval})`,
          tests.bootstrap === null ? undefined : tests.bootstrap < 0.05,
        );
        if (interval === 'bca' || tests.permutation === null) continue;
        rejects.add(`${metric}, permutation`, tests.permutation < 0.05);
        rejects.add(`${metric}, Wilcoxon`, tests.wilcoxon === null ? undefined : tests.wilcoxon < 0.05);
      }
    });
  }
  console.log(`\n${users} users of 2 to 14 rows, ${simulations} simulations, ${settings.resamples} resamples`);
  console.log('95 % intervals that hold the truth:');
  holds.each((name, share, all) => check(`  ${name}`, share, HOLDS, all));
  console.log('A/A comparisons that are rejected at 5 %:');
  rejects.each((name, share, all) => check(`  ${name}`, share, name.includes('bootstrap') ? REJECTS : AT_MOST, all));
}

function independent() {
  const truth = truthOf(oneRow).auc;
  const rows = 300;
  let [held, rejected] = [0, 0];
  for (let simulation = 0; simulation < simulations; simulation++) {
    const { labels, scores, twin } = simulate(1000 + simulation, rows, oneRow);
    const paired = pairedAuc(scores, twin, labels);
    const { low, high } = delongInterval(paired.first, paired.firstVariance, settings.level);
    if (low <= truth && truth <= high) held += 1;
    if (delongTest(paired) < 0.05) rejected += 1;
  }
  console.log(`\n${rows} users of one row`);
  check('  AUC, interval of DeLong holds the truth', held / simulations, HOLDS);
  check('  AUC, A/A rejected by DeLong', rejected / simulations, REJECTS);
}

function speed() {
  const rows = 10_000;
  const { labels, scores } = simulate(7, rows, oneRow);
  const index = eachRowAlone(rows);
  console.log('\n10,000 resamples of 10,000 users of one row:');
  for (const metric of ['auc', 'logLoss']) {
    const statistic = METRIC[metric].byUsers(scores, labels, index);
    const turns = Array.from({ length: 3 }, () => {
      const [begin, cpu] = [performance.now(), process.cpuUsage()];
      resampleUsers([statistic], rows, { resamples: 10_000, bootstrapSeed: 1 });
      const { user, system } = process.cpuUsage(cpu);
      return { elapsed: (performance.now() - begin) / 1000, processor: (user + system) / 1e6 };
    });
    const least = (key) => Math.min(...turns.map((turn) => turn[key]));
    const [elapsed, processor] = [least('elapsed'), least('processor')];
    const held = Math.min(elapsed, processor) < LONGEST; // on a busy machine the elapsed time is that of the others
    if (!held) failed = true;
    console.log(
      `  ${METRIC[metric].title}: ${elapsed.toFixed(2)} s elapsed, ${processor.toFixed(2)} s of processor time, all threads together${held ? '' : '  NOT WITHIN THE GOAL'}`,
    );
  }
}

/** The least and the most over all kinds decide. */
function calibration() {
  const count = values.quick ? 50 : Number(values.calibration);
  console.log(
    `\ncalibration error, ${count} simulations of each kind, ${CALIBRATION_RESAMPLES} resamples: 95 % intervals that hold the truth (truth below, above; width)`,
  );
  const settings = {
    simulations: count,
    resamples: CALIBRATION_RESAMPLES,
    truthUsers: values.quick ? 20_000 : 200_000,
  };
  calibrationIntervals(settings, ({ rows, users: userCount, steepness, truth }, { held, below, above, width }) => {
    const what = `  ${userCount} users, ${rows} row${rows === 'one' ? '' : 's'}, s ${steepness} (${truth.toFixed(3)})`;
    check(what, held, HOLDS_CALIBRATION, count, ` (${percent(below)}, ${percent(above)}; ${width.toFixed(3)})`);
  });
}

const parts = { speed, independent, clustered, calibration };
for (const part of values.only.split(',')) parts[part]();
process.exitCode = failed ? 1 : 0;
