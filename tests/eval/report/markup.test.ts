import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { escapeHtml, html, trusted } from '../../../src/eval/report/markup.js';

it('html escapes strings and keeps markup', () => {
  const name = '<b>"Tom" & \'Jerry\'</b>';
  expect(
    html`<p title="${name}">${name} ${html`<i>${1}</i>`}${[html`<u>a</u>`, html`<u>b</u>`]}${trusted('<hr>')}</p>`.text,
  ).toBe(
    '<p title="&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt;">&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt; <i>1</i><u>a</u><u>b</u><hr></p>',
  );
});

it('any escaped text is read back by a parser as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ' ', ';', '/', 'é') }), (text) => {
      const { document } = parseHTML(
        `<html><body><p title="${escapeHtml(text)}">${escapeHtml(text)}</p></body></html>`,
      );
      const paragraph = document.querySelector('p');
      expect(paragraph?.textContent).toBe(text);
      expect(paragraph?.getAttribute('title')).toBe(text);
    }),
  );
});
