"""Where the words of charts stand on the screen: none may lie on others of its chart, nor be cut by it."""

from __future__ import annotations

from playwright.sync_api import Page

# Words of every chart that is on the page: legend, titles, axis titles, ticks, annotations. Boxes are shrunk by a pixel: letters
# do not fill theirs. Words of one axis' ticks are compared too, as ticks that run into one another cannot be read.
_MEASURE = """
() => {
  const words = ".legend .entry, .legend .chip, .annotation-text, .xtitle, .ytitle, .gtitle, .xtick text, .ytick text, " +
    "g[class^=x][class$=tick] text, g[class^=y][class$=tick] text, .cbtitle text, .cbaxis text";
  const found = [];
  for (const chart of document.querySelectorAll(".lab-chart")) {
    const name = [...chart.closest("[class*=st-key-]").classList].find((c) => c.startsWith("st-key-")) ?? "?";
    const frame = chart.getBoundingClientRect();
    if (!frame.width || !chart.querySelector(".main-svg")) continue;
    const boxes = [...new Set(chart.querySelectorAll(words))].map((node) => {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      return { text: node.textContent.trim(), left: left + 1, right: right - 1, top: top + 1.5, bottom: bottom - 1.5, node };
    }).filter((box) => box.text && box.right > box.left && box.bottom > box.top);
    for (const box of boxes) {
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
        found.push(`${name}: “${box.text}” is cut`);
      const drawing = box.node.closest(".main-svg")?.getBoundingClientRect(); // which hides what reaches beyond it
      if (drawing && (box.top < drawing.top - 1 || box.bottom > drawing.bottom + 1))
        found.push(`${name}: “${box.text}” is cut above or below`);
    }
    for (const button of chart.querySelectorAll(".bar button, .head button")) {
      if (button.scrollWidth > button.clientWidth + 1) found.push(`${name}: the words of “${button.textContent.trim()}” are wider`);
    }
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      if (a.node.contains(b.node) || b.node.contains(a.node)) return;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0 && down > 0) found.push(`${name}: “${a.text}” lies on “${b.text}”`);
    }));
  }
  return found;
}
"""


def collisions(page: Page) -> list[str]:
    """What lies on something else or is cut, each in a sentence."""
    found: list[str] = page.evaluate(_MEASURE)
    return found
