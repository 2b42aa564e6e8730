import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../../src/core/report.js';
import { renderHtml } from '../../../src/eval/report/html.js';
import { renderRowsPage } from '../../../src/eval/report/rows-page.js';
import { REPORT_FILES } from '../../../src/eval/report/write.js';
import { evaluate, makeReport, type ReportInput } from '../../../src/eval/report.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventInput } from '../fixtures.js';
import { inventFit, keptFit } from '../invented-fits.js';
import { inventSiblings } from '../invented-siblings.js';
import { inventMixed } from '../mixed-fixtures.js';
import { inventProbes } from '../trust/invented-probes.js';
import { findChromium, launchChromium } from './chromium.js';
import { lowestContrast } from './contrast.js';

const path = findChromium();
if (!path && process.env.RECTUNE_BROWSER_TEST === 'required')
  throw new Error('no Chromium was found, and CI must not skip the page test');
const why = path ? '' : ' (skipped: no Chromium on the PATH; apt-get install chromium, or set RECTUNE_CHROMIUM)';

const LONG = 'A very long name without any place to break it '.replaceAll(' ', '_').repeat(3);

const probed = (input: ReportInput): ReportInput => ({ ...input, probes: inventProbes(input, { rows: 320 }) });

const REPORTS: readonly { about: string; make: () => Report }[] = [
  { about: 'judgements', make: () => makeReport(inventInput()) },
  { about: 'mixed tasks', make: () => makeReport(inventMixed()) },
  { about: 'mixed tasks that were probed', make: () => makeReport(probed(inventMixed())) },
  {
    about: 'judgements whose names are long and hold markup',
    make: () => makeReport(inventInput({ titles: `${LONG}<b>&"` })),
  },
  {
    about: 'one user with one label, no steps, no validation rows',
    make: () => makeReport(inventInput({ users: 1, oneLabel: true, validRows: false }, { events: [] })),
  },
];

const VIEWS = [360, 1200].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

describe.skipIf(!path)(`the page in Chromium${why}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(path as string);
  });
  afterAll(() => browser.close());

  /** Opens a report from disk, and hears every complaint and every address that the page asks for. */
  async function opened(report: Report, { width, colorScheme }: (typeof VIEWS)[number], markup = renderHtml(report)) {
    const file = join(temporaryFolder(), 'report.html');
    writeFileSync(file, markup);
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return { page, complaints, asked, address: pathToFileURL(file).href };
  }

  describe.each(REPORTS)('on $about', ({ make }) => {
    const report = make();

    it.each(VIEWS)('draws at $width px, $colorScheme, without a complaint, a request or an overflow', async (view) => {
      const { page, complaints, asked, address } = await opened(report, view);
      expect(complaints).toEqual([]);
      expect(asked).toEqual([address]);
      expect(await overflow(page)).toBe(0);
      expect(await emptyDrawings(page)).toEqual([]);
      expect(await page.locator('svg').count()).toBe(renderHtml(report).split('<svg').length - 1);
      await page.close();
    });

    it.each(VIEWS)('has text that stands out by 4.5 at $width px, $colorScheme', async (view) => {
      const { page } = await opened(report, view);
      const { texts, lowest } = await page.evaluate(lowestContrast);
      expect(texts).toBeGreaterThan(60);
      expect(lowest.contrast, JSON.stringify(lowest)).toBeGreaterThanOrEqual(4.5);
      await page.close();
    });
  });

  it.each(VIEWS)(
    'shows all rows on a page of their own at $width px, $colorScheme, in a frame of its own',
    async (view) => {
      const input = probed(inventInput({ users: 20 }));
      const made = evaluate({ ...input, siblings: inventSiblings(input) });
      const { page, complaints } = await opened(made.report, view, renderRowsPage(made));
      expect(complaints).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(made.titles).toHaveLength(40);
      expect(await page.locator('tbody tr').count()).toBe(made.rows.length + made.titles.length);
      const heights = await page
        .locator('tbody th')
        .evaluateAll((all) => all.map((th) => th.getBoundingClientRect().height));
      expect(Math.max(...heights)).toBeLessThan(40); // a line each
      const { lowest } = await page.evaluate(lowestContrast);
      expect(lowest.contrast, JSON.stringify(lowest)).toBeGreaterThanOrEqual(4.5);
      await page.close();
    },
  );

  it('has a target for every link', async () => {
    const made = evaluate(probed(inventMixed()));
    const { page } = await opened(made.report, VIEWS[0] as (typeof VIEWS)[number]);
    const links = await page.locator('a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
    expect(links.length).toBeGreaterThan(8);
    const missing = await page.evaluate(
      (hrefs) => hrefs.filter((href) => !href.startsWith('#') || !document.getElementById(href.slice(1))),
      links,
    );
    const beside: readonly string[] = Object.values(REPORT_FILES);
    expect(missing.filter((href) => !beside.includes(href.split('#')[0] as string))).toEqual([]);
    const rowsPage = renderRowsPage(made);
    const places = missing.flatMap((href) => href.split('rows.html#')[1] ?? []);
    expect(places.length).toBeGreaterThan(8);
    for (const place of places) expect(rowsPage).toContain(`<section id="${place}">`);
    await page.close();
  });

  it("leads from a figure of another seed's run, and from the spread over seeds, to rows, and to all of them in a file beside it", async () => {
    const input = inventInput();
    const fits = [keptFit(inventFit(input, { model: 'bpr', seeds: 3 }))];
    const made = evaluate({ ...input, fits, siblings: inventSiblings(input) });
    const { page } = await opened(made.report, VIEWS[0] as (typeof VIEWS)[number]);
    const target = page.locator(':target');
    await page.locator('#verdict a', { hasText: 'the runs behind it' }).click();
    expect(await target.locator('caption').textContent()).toContain('of each run');
    await target.locator('tr', { hasText: 'seed-3' }).locator('td a').first().click();
    expect(await target.locator('caption').textContent()).toContain(
      'by the adapter of run seed-3 (seed 3, 64 train rows)',
    );
    expect(await target.locator('tbody tr').count()).toBe(3);
    const spread = page.getByRole('region', { name: 'of the ID models over their seeds' });
    await spread.locator('tr', { hasText: 'BPR' }).locator('td a').nth(1).click();
    expect(await target.locator('caption').textContent()).toContain('by BPR (all of train) under 3 seeds');
    expect(await target.locator('thead').textContent()).toContain('seed 3');
    const rowsPage = renderRowsPage(made);
    writeFileSync(new URL('rows.html', page.url()), rowsPage);
    await target.locator('caption a').click();
    await page.waitForURL(/rows\.html#/);
    expect(await target.locator('tbody tr').count()).toBe(made.report.splits[0]?.rows);
    await page.goBack();
    writeFileSync(new URL('rows.jsonl', page.url()), '{"row":"one"}\n{"row":"another"}\n');
    await page.locator('#rows a', { hasText: 'rows.jsonl' }).click();
    expect(await page.locator('body').textContent()).toContain('another');
    await page.close();
  });

  it('leads from a wording to its text, which stands folded', async () => {
    const { page } = await opened(makeReport(probed(inventInput())), VIEWS[0] as (typeof VIEWS)[number]);
    await page.locator('#trust-wording tbody th a', { hasText: 'wordings/some-3 (not in train)' }).first().click();
    const target = page.locator(':target');
    await expect(target.locator('summary').textContent()).resolves.toContain('wordings/some-3 (not in train)');
    expect(await target.locator('pre').isVisible()).toBe(false);
    await target.locator('summary').click();
    expect(await target.locator('pre').textContent()).toMatch(/^Text <b>2<\/b> of row \d+$/);
    await page.close();
  });

  it('finds text that is hard to read, a drawing without size and a page that is too wide', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.setContent(
      '<body style="background:#fff"><p style="color:#999">grey</p><svg width="0" height="9"></svg><div style="width:900px">wide</div></body>',
    );
    expect((await page.evaluate(lowestContrast)).lowest.contrast).toBeCloseTo(2.85, 2);
    expect(await emptyDrawings(page)).toEqual(['0 x 9']);
    expect(await overflow(page)).toBeGreaterThan(500);
    await page.close();
  });
});

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

function emptyDrawings(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('svg')]
      .map((svg) => svg.getBoundingClientRect())
      .filter(({ width, height }) => width < 1 || height < 1)
      .map(({ width, height }) => `${width} x ${height}`),
  );
}
