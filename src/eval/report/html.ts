import { stringify } from 'yaml';
import {
  type Estimate,
  METRICS,
  MODEL_TITLES,
  type ModelId,
  type PairedDifference,
  type Report,
  type SplitResult,
} from '../../core/report.js';
import type { TaskReport } from '../../core/task-report.js';
import { METRIC } from '../metrics/metric.js';
import { counted, figure, interval, levelTitle, percent, thousands } from '../numbers.js';
import { taskTitle } from '../tasks/task-verdict.js';
import { baselineNote, datasetFacts, type Fact, provenanceFacts, servingFacts, splitCounts } from './facts.js';
import { html, type Markup, trusted } from './markup.js';
import { aucPlot, lossPlot, MODEL_COLORS, reliabilityPlot, rocPlot, validationPlot } from './plots.js';
import { STYLE } from './style.js';
import { SLICE_NOTE, sliceTables, type TextTable, taskHeading, taskNotes, taskTables } from './task-tables.js';

/** A report as one HTML file: no script, nothing loaded, every text from data escaped. The same report gives the same bytes. */
export function renderHtml(report: Report): string {
  const { run, version } = report;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Report of ${run.id}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
<header>
<h1>${run.id}</h1>
<p class="soft">An adapter for ${run.modelFile}, on dataset version ${version.name} of ${version.sourceId}. Made ${report.madeAt}.</p>
</header>
${verdicts(report)}
${report.splits.map((result) => metrics(result, report))}
${report.splits.length === 0 ? '' : differences(report)}
${report.tasks.map((task) => taskSection(task, report))}
${slices(report)}
${curves(report)}
${dataset(report)}
${serving(report)}
${provenance(report)}
<footer>rectune ${report.program}. The same numbers are in report.json and report.md beside this file.</footer>
</main>
</body>
</html>
`.text;
}

function verdicts({ verdicts: sentences, warnings, baseline, overview, tasks }: Report): Markup {
  return html`<section>
${overview === null ? '' : html`<p class="overview">${overview}</p>`}
${sentences.map(({ finding, sentence }) => html`<div class="verdict ${finding}"><p>${overview === null ? '' : html`<b>judgement</b>: `}${sentence}</p></div>`)}
${tasks.map((task) => {
  const [first] = task.verdicts; // the other stands in the task's own section
  return first
    ? html`<div class="verdict ${first.finding}"><p><b>${taskTitle(task)}</b>: ${first.sentence}</p></div>`
    : html``;
})}
<p class="soft">${baselineNote({ baseline, overview })} "Beats" and "is worse" are said only where the paired interval excludes 0.</p>
${warnings.length === 0 ? '' : html`<ul class="warnings">${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`}
</section>`;
}

function metrics(result: SplitResult, { options, overview }: Report): Markup {
  const isMixed = overview !== null;
  return html`<section>
<h2>${isMixed ? `Judgement: metrics on ${result.split}` : `Metrics on ${result.split}`}</h2>
<p class="soft">${counted(result.rows, 'row')} of ${counted(result.users, 'user')}, ${result.usersWithBothLabels} of them with both labels; ${percent(result.rows === 0 ? 0 : result.liked / result.rows)} liked. Below each figure its ${levelTitle(options.level)} interval, from ${thousands(options.resamples)} resamples of users.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">model</th>${METRICS.map((metric) => html`<th scope="col">${METRIC[metric].title}</th>`)}</tr></thead>
<tbody>
${result.models.map(
  ({
    model,
    metrics: row,
  }) => html`<tr class="${model}"><th scope="row">${swatch(model)}${MODEL_TITLES[model]}</th>${METRICS.map((metric) => html`<td>${figure(row[metric].value)}${range(row[metric])}</td>`)}</tr>
`,
)}</tbody>
</table></div>
${
  result.split === 'test'
    ? html`<figure>${trusted(aucPlot(result))}</figure>
<p class="soft">${METRICS.map((metric) => html`<b>${METRIC[metric].title}</b>: ${METRIC[metric].definition} (${METRIC[metric].better} is better). `)}The intervals are about other users; they say nothing of another training seed, which moves a few-shot result too.</p>`
    : ''
}
</section>`;
}

function range(estimate: Estimate): Markup | '' {
  return estimate.value === null ? '' : html`<span class="range">${interval(estimate)}</span>`;
}

const FINDING_WORDS: Readonly<Record<PairedDifference['finding'], string>> = {
  beats: 'better',
  worse: 'worse',
  undecided: 'undecided',
  'not-defined': 'not defined',
};

function differences({ differences: all, splits, options }: Report): Markup {
  return html`<section>
<h2>Paired differences</h2>
<p class="soft">Adapter minus the other model, on the same rows and the same resampled users: the ${levelTitle(options.level)} interval, the share of resamples above 0, and what it decides (undecided: the interval includes 0). For log loss and Brier score a difference below 0 is a gain. No correction for the number of comparisons.</p>
${splits.map(({ split }) =>
  differenceTable(
    split,
    all.filter((one) => one.split === split),
  ),
)}
</section>`;
}

function differenceTable(split: string, here: readonly PairedDifference[]): Markup {
  const others = [...new Set(here.map(({ second }) => second))];
  return html`<div class="scroll"><table class="differences">
<thead><tr><th scope="col">${split}: adapter against</th>${METRICS.map((metric) => html`<th scope="col">${METRIC[metric].title}</th>`)}</tr></thead>
<tbody>
${others.map(
  (other) => html`<tr><th scope="row">${swatch(other)}${MODEL_TITLES[other]}</th>${here
    .filter(({ second }) => second === other)
    .map(differenceCell)}</tr>
`,
)}</tbody>
</table></div>`;
}

function differenceCell({ difference, shareAboveZero, finding }: PairedDifference): Markup {
  const above = shareAboveZero === null ? '' : html`<span class="range">${percent(shareAboveZero)} above 0</span>`;
  return html`<td>${figure(difference.value)}${range(difference)}${above}<span class="finding ${finding}">${FINDING_WORDS[finding]}</span></td>`;
}

function curves(report: Report): Markup {
  const { curves: drawn } = report;
  return html`<section>
${drawn.reliability.length === 0 ? '' : judgementCurves(drawn)}
<h2>Training loss</h2>
${
  drawn.loss.length === 0
    ? html`<p>The run recorded no steps.</p>`
    : html`<figure>${trusted(lossPlot(drawn))}<figcaption>Loss of each step's rows before its update, ${counted(drawn.loss.length, 'step')}.</figcaption></figure>`
}
${validationCurve(report)}
</section>`;
}

function judgementCurves(drawn: Report['curves']): Markup {
  const { reliability, roc, split } = drawn;
  const errors = reliability
    .map(({ model, expectedCalibrationError }) => `${MODEL_TITLES[model]} ${figure(expectedCalibrationError)}`)
    .join(', ');
  return html`<h2>Curves on ${split}</h2>
<div class="plots">
<figure>${legend(roc.map(({ model }) => model))}${
    roc.length === 0
      ? html`<p>No ROC curve: all rows have the same label.</p>`
      : html`${trusted(rocPlot(drawn))}<figcaption>ROC: how many of the liked rows are found for how many that were not liked. The dashed line is chance.</figcaption>`
  }</figure>
<figure>${legend(reliability.map(({ model }) => model))}${trusted(reliabilityPlot(drawn))}<figcaption>Reliability: on the dashed line, P(liked) means what it says. A dot's area is its number of rows. Expected calibration error: ${errors}.</figcaption></figure>
</div>`;
}

/** A task that is no judgement: what it shows beside its name, its sentences, what the figures mean, the figures. */
function taskSection(task: TaskReport, { options, version }: Report): Markup {
  return html`<section>
<h2>${taskHeading(task)}</h2>
${task.verdicts.map(({ finding, sentence }) => html`<div class="verdict ${finding}"><p>${sentence}</p></div>`)}
${taskNotes(task, version).map((note) => html`<p class="soft">${note}</p>`)}
${taskTables(task, options.level).map(textTable)}
</section>`;
}

function slices(report: Report): Markup | '' {
  const tables = sliceTables(report);
  if (tables.length === 0) return '';
  return html`<section>
<h2>Parts of the test rows</h2>
<p class="soft">${SLICE_NOTE}</p>
${tables.map(textTable)}
</section>`;
}

function textTable({ caption, head, rows }: TextTable): Markup {
  return html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name = '', ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((text) => html`<td>${text}</td>`)}</tr>
`,
)}</tbody>
</table></div>`;
}

function validationCurve({ validation, options }: Report): Markup | '' {
  if (validation === null) return '';
  const { rows, users, points, keptStep } = validation;
  return html`<h2>AUC on valid while training</h2>
<figure>${trusted(validationPlot(validation))}<figcaption>${counted(rows, 'row')} of ${counted(users, 'user')}, whole users, the same in every run on this version, with the ${levelTitle(options.level)} interval over users.${
    keptStep === null
      ? ''
      : ` The adapter is that of step ${keptStep}: ${points
          .filter(({ step }) => step === keptStep)
          .map(({ auc }) => `${figure(auc.value)} ${interval(auc)}`)
          .join('')}.`
  }</figcaption></figure>`;
}

function dataset(report: Report): Markup {
  const { version } = report;
  return html`<section>
<h2>Dataset</h2>
<p><b>What the split leaks</b> (${version.split.kind}): ${version.split.leaks}</p>
<div class="scroll"><table>
<thead><tr><th scope="col">split</th><th scope="col">rows</th><th scope="col">users</th><th scope="col">liked</th></tr></thead>
<tbody>
${splitCounts(report).map(
  (cells) => html`<tr>${cells.map((text) => html`<td>${text}</td>`)}</tr>
`,
)}</tbody>
</table></div>
${version.checks ? factTable(datasetFacts(report)) : ''}
${version.labels ? html`<p class="soft">Answers: "${version.labels[0]}" when liked, "${version.labels[1]}" when not.</p>` : ''}
</section>`;
}

function serving(report: Report): Markup {
  return html`<section>
<h2>Serving notes</h2>
${factTable(servingFacts(report))}
</section>`;
}

function provenance(report: Report): Markup {
  return html`<section>
<h2>Recipe, seeds, hashes, versions</h2>
${factTable(provenanceFacts(report))}
<details open><summary>recipe of ${report.version.name}, every default written out</summary>
<pre>${stringify(report.version.recipe)}</pre></details>
</section>`;
}

function factTable(facts: readonly Fact[]): Markup {
  return html`<table class="facts"><tbody>
${facts.map(
  ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`,
)}</tbody></table>`;
}

function legend(models: readonly ModelId[]): Markup {
  return html`<div class="legend">${models.map((model) => html`<span>${swatch(model)}${MODEL_TITLES[model]}</span>`)}</div>`;
}

function swatch(model: ModelId): Markup {
  return html`<span class="swatch" style="background:${MODEL_COLORS[model]}"></span>`;
}
