import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromHtml } from '../../src/core/from-html.js';

it.each([
  { html: ' Maggiano&#39;s Gift Card', plain: "Maggiano's Gift Card" },
  { html: 'Toys &amp; Games', plain: 'Toys & Games' },
  { html: 'Caf&eacute; &Uuml;ber gar&ccedil;on &Aring;', plain: 'Café Über garçon Å' },
  { html: 'The <i>Quiet</i> Harbour<br />of 1971', plain: 'The Quiet Harbour of 1971' },
  { html: 'So&#8230;Cr&#xE9;a&nbsp;la', plain: 'So…Créa la' },
  { html: 'a < b > c & d; <3 &nothing; &#0; &#xD800; R&D', plain: 'a < b > c & d; <3 &nothing; &#0; &#xD800; R&D' },
  { html: '&amp;#39;', plain: '&#39;' }, // once
])('reads $html as $plain', ({ html, plain }) => expect(fromHtml(html)).toBe(plain));

it('reads back any text that was written as a page writes it, but for its white space', () => {
  const escaped = (text: string) =>
    text.replace(/[&<>"']/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? '&#39;');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fromHtml(escaped(text))).toBe(text.replace(/\s+/gu, ' ').trim());
    }),
  );
});
