/// <reference lib="dom" />

/**
 * The text of the page that stands out least from what is behind it, by the contrast ratio of WCAG 2.1 (relative luminance, 1 to 21).
 * Runs inside the browser, so it uses nothing from outside of itself.
 *
 * source  https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio
 */
export function lowestContrast(): { texts: number; lowest: { contrast: number; text: string } } {
  type Color = [red: number, green: number, blue: number, alpha: number];
  const read = (text: string): Color => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue, text === 'none' || text === 'transparent' ? 0 : alpha];
  };
  const over = (top: Color, below: Color): Color => {
    const mix = (i: 0 | 1 | 2) => top[i] * top[3] + below[i] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const backgroundOf = (element: Element | null): Color => {
    if (!element) return [255, 255, 255, 1];
    const own = read(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, backgroundOf(element.parentElement));
  };
  const luminance = ([red, green, blue]: Color) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let texts = 0;
  let lowest = { contrast: 21, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element || text === '' || element.closest('style, title') || element.getClientRects().length === 0) continue;
    texts += 1;
    const behind = backgroundOf(element);
    const style = getComputedStyle(element);
    const ink = over(read(element.closest('svg') ? style.fill : style.color), behind);
    const [bright = 0, dark = 0] = [luminance(ink), luminance(behind)].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < lowest.contrast) lowest = { contrast, text: `${text} (${style.color} on ${behind})` };
  }
  return { texts, lowest };
}
