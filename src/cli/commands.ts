import type { Command } from './command.js';
import budget from './commands/budget.js';
import build from './commands/build.js';
import buildNative from './commands/build-native.js';
import compare from './commands/compare.js';
import curate from './commands/curate.js';
import diff from './commands/diff.js';
import doctor from './commands/doctor.js';
import exportCommand from './commands/export.js';
import fit from './commands/fit.js';
import generate from './commands/generate.js';
import importCommand from './commands/import.js';
import leaderboard from './commands/leaderboard.js';
import lineage from './commands/lineage.js';
import lint from './commands/lint.js';
import list from './commands/list.js';
import merge from './commands/merge.js';
import power from './commands/power.js';
import predict from './commands/predict.js';
import probe from './commands/probe.js';
import pull from './commands/pull.js';
import push from './commands/push.js';
import quickstart from './commands/quickstart.js';
import rank from './commands/rank.js';
import rejects from './commands/rejects.js';
import report from './commands/report.js';
import review from './commands/review.js';
import rows from './commands/rows.js';
import run from './commands/run.js';
import show from './commands/show.js';
import stats from './commands/stats.js';
import templates from './commands/templates.js';
import texts from './commands/texts.js';
import train from './commands/train.js';
import verify from './commands/verify.js';
import write from './commands/write.js';

/** Every verb, in the order of help: the stages first, then what looks and helps. */
export const COMMANDS: readonly Command[] = [
  quickstart,
  run,
  importCommand,
  texts,
  templates,
  build,
  curate,
  review,
  show,
  budget,
  lint,
  exportCommand,
  train,
  predict,
  rank,
  write,
  fit,
  probe,
  report,
  rows,
  verify,
  power,
  compare,
  leaderboard,
  merge,
  push,
  pull,
  generate,
  diff,
  stats,
  lineage,
  list,
  rejects,
  doctor,
  buildNative,
];
