import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { givesProbabilities, METRICS, MODEL_TITLES, MODELS, type ModelId, Report } from '../../../src/core/report.js';
import { METRIC } from '../../../src/eval/metrics/metric.js';
import { pValue } from '../../../src/eval/numbers.js';
import { renderHtml } from '../../../src/eval/report/html.js';
import { renderJson } from '../../../src/eval/report/json.js';
import { renderMarkdown } from '../../../src/eval/report/markdown.js';
import { makeReport } from '../../../src/eval/report.js';
import { inventInput, type World } from '../fixtures.js';

const reportOn = (world: World = {}) => makeReport(inventInput(world));
const report = reportOn();
const HOSTILE = '</td><script>alert("1")</script> & \'x\' | `y` *z* <img src=x onerror=1>';

describe.each([
  { form: 'HTML', render: renderHtml },
  { form: 'Markdown', render: renderMarkdown },
  { form: 'JSON', render: renderJson },
])('the $form report', ({ render }) => {
  it('has the same bytes for the same report', () => {
    expect(render(report)).toBe(render(reportOn()));
  });

  it('has the verdict, the warnings, the seeds and the hashes', () => {
    const text = render(report)
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('\\"', '"')
      .replace(/\\([_#~])/g, '$1');
    for (const { sentence } of report.verdicts) expect(text).toContain(sentence);
    for (const warning of report.warnings) expect(text).toContain(warning);
    expect(report.warnings.length).toBeGreaterThan(0);
    for (const hash of [report.run.modelHash, report.run.adapterHash, report.version.hash, report.version.recipeHash]) {
      expect(text).toContain(hash);
    }
    expect(text).toContain('2026-11-24T02:00:00.000Z');
  });

  it('has what the build left out and let pass', () => {
    expect(render(report)).toMatch(/(no title|missingTitles)\W[^\d]*17\b/);
    expect(render(report)).toMatch(/(an earlier split holds too|"test":)[^\d]*1,?234\b/);
  });

  it('is made of a report without validation rows, steps, ROC or intervals too', () => {
    const bare = makeReport(inventInput({ users: 1, oneLabel: true, validRows: false }, { events: [] }));
    expect(bare.curves.roc).toEqual([]);
    expect(render(bare)).not.toMatch(/undefined|NaN/);
  });
});

describe.each([
  { form: 'HTML', render: renderHtml },
  { form: 'Markdown', render: renderMarkdown },
])('the $form report', ({ render }) => {
  it('has each test beside the bootstrap with its own correction', () => {
    const text = render(report).replaceAll('&lt;', '<').replaceAll('\\<', '<');
    const here = report.differences.filter(({ split, metric }) => split === 'test' && metric === 'brier');
    expect(here.length).toBeGreaterThan(1);
    for (const { tests } of here) {
      const { permutation, wilcoxon, holm } = tests;
      expect(text).toContain(
        `permutation ${pValue(permutation)} (Holm ${pValue(holm.permutation)}), Wilcoxon ${pValue(wilcoxon)} (Holm ${pValue(holm.wilcoxon)})`,
      );
    }
  });
});

describe('the HTML report', () => {
  const { document } = parseHTML(renderHtml(report));

  it('has no column for a metric that no model has a value of, and says why', () => {
    const alone = makeReport(inventInput({ users: 60, rowsPerUser: 1 }));
    expect(alone.splits[0]?.notDefined.map(({ metric }) => metric)).toEqual(['uauc', 'uaucByRows']);
    const page = parseHTML(renderHtml(alone)).document;
    const heads = (of: typeof page) => [...of.querySelectorAll('thead th')].map(({ textContent }) => textContent);
    expect(heads(page)).not.toContain('UAUC');
    expect(heads(page)).toContain('Brier score');
    expect(page.querySelector('#judgement-test')?.textContent).toContain('Not defined: UAUC, UAUC by rows, because');
    expect(heads(document)).toContain('UAUC');
  });

  it('loads nothing and runs nothing', () => {
    const text = renderHtml(report);
    expect(document.querySelectorAll('script, link, img, iframe, object').length).toBe(0);
    expect(text).not.toMatch(/src=|url\(|@import/);
    // a place on the page, or a file beside it
    for (const link of document.querySelectorAll('[href]'))
      expect(link.getAttribute('href')).toMatch(/^(#|(report\.(json|md|tex)|rows\.jsonl)$|rows\.html(#|$))/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('shows the verdict before anything else', () => {
    const sections = [...document.querySelectorAll('section')];
    expect(sections[0]?.querySelectorAll('.verdict').length).toBe(2);
    const headings = [...document.querySelectorAll('h2')].map((heading) => heading.textContent);
    expect(headings).toEqual([
      'Metrics on test',
      'Metrics on valid',
      'Paired differences',
      'Models of users and items',
      'Trust',
      'Calibration',
      'Curves on test',
      'Training',
      'Rows behind the figures',
      'Dataset',
      'Serving notes',
      'Recipe, seeds, hashes, versions',
    ]);
  });

  it('has a cell with an interval for each metric of each model', () => {
    const [test] = [...document.querySelectorAll('table')];
    const rows = [...(test?.querySelectorAll('tbody tr') ?? [])];
    expect(rows.map((row) => row.querySelector('th')?.textContent)).toEqual(MODELS.map((model) => MODEL_TITLES[model]));
    rows.forEach((row, place) => {
      const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent);
      expect(cells).toHaveLength(METRICS.length);
      METRICS.forEach((metric, column) => {
        const defined = givesProbabilities(MODELS[place] as ModelId) || METRIC[metric].reads === 'order';
        expect(cells[column]).toMatch(defined ? /^\d\.\d{3}\[\d\.\d{3}, \d\.\d{3}\]$/ : /^no probabilities$/);
      });
    });
  });

  it('leads from a temperature to the rows of valid that it was fitted on', () => {
    const table = [...document.querySelectorAll('section#calibration table')][0];
    const links = [...(table?.querySelectorAll('tbody tr td:nth-of-type(2) a') ?? [])];
    expect(links.length).toBe(table?.querySelectorAll('tbody tr').length);
    const anchor = 'rows-judgement-judgement-valid';
    for (const link of links) expect(link.getAttribute('href')).toBe(`#${anchor}`);
    expect(document.getElementById(anchor)).not.toBeNull();
  });

  it('draws the plots as SVG in the page', () => {
    const labels = [...document.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-label'));
    expect(labels).toEqual([
      'AUC of each model on test, with intervals',
      'Paired differences of AUC on test, with intervals',
      'Calibration of the adapter in judgement, before and after temperature',
      'ROC curves',
      'Precision and recall',
      'Reliability: what was predicted against what came true',
      'Training loss by step',
    ]);
    for (const svg of document.querySelectorAll('svg'))
      expect(svg.querySelectorAll('path, circle, line').length).toBeGreaterThan(4);
  });

  it('escapes every text that comes from data', () => {
    const text = renderHtml(reportOn({ titles: HOSTILE }));
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    const page = parseHTML(text).document;
    expect(page.querySelectorAll('script, img').length).toBe(0);
    expect(page.querySelector('header p')?.textContent).toContain(HOSTILE);
  });
});

describe('the Markdown report', () => {
  it('keeps the columns of its tables whatever the data says', () => {
    const lines = renderMarkdown(reportOn({ titles: HOSTILE })).split('\n');
    const columns = (line: string) => line.replaceAll('\\|', '').split('|').length;
    let head: number | undefined;
    let rows = 0;
    for (const line of lines) {
      if (!line.startsWith('|')) {
        head = undefined;
        continue;
      }
      head ??= columns(line);
      expect(columns(line)).toBe(head);
      rows += 1;
    }
    expect(rows).toBeGreaterThan(50);
  });

  it('shows markup in data as characters', () => {
    const [, afterTitle] = renderMarkdown(reportOn({ titles: HOSTILE })).split('\n\n');
    expect(afterTitle).toContain('\\<script\\>');
    expect(afterTitle).toContain('\\`y\\` \\*z\\*');
  });
});

describe('the JSON report', () => {
  it('is read back by its schema', () => {
    expect(Report.parse(JSON.parse(renderJson(report)))).toEqual(report);
  });
});
