"""How a page's lines and blocks lie: what has moved by itself, and which signs lost their word."""

from __future__ import annotations

from playwright.sync_api import Page

# The sum of all layout shifts so far.
LAYOUT_SHIFT = """
() => new Promise((done) => {
  let total = 0;
  const add = (list) => list.getEntries().forEach((entry) => { total += entry.value; });
  const observer = new PerformanceObserver(add);
  observer.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => { add({ getEntries: () => observer.takeRecords() }); done(total); }, 100);
})
"""

# Numbers of notes and works that begin a line, or whose punctuation does, in text of many widths.
STRAYS = """
() => {
  const prose = document.querySelector(".prose");
  const apart = ".popover, script, .visually-hidden, details:not([open]), .sidenote-mark";
  const texts = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT, ({ data, parentElement }) =>
    /^[ \\n]*$/.test(data) || parentElement.closest(apart) || !parentElement.checkVisibility()
      ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const block = (node) => node.parentElement.closest("p, li, dd, .sidenote-body");
  const beside = (sign, step, around) => {
    texts.currentNode = sign;
    let node = texts[step]();
    while (around.contains(node)) node = texts[step]();
    return node && block(node) === block(sign) ? node : null;
  };
  const letter = (node, index) => {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + 1);
    return range.getBoundingClientRect();
  };
  const signs = [...prose.querySelectorAll(".sidenote-mark, .cite > a")]
    .filter((sign) => !sign.closest("details:not([open])") && sign.checkVisibility())
    .map((sign) => {
      const whole = sign.parentElement; // with the note that opens beside it
      return [sign, beside(sign, "previousNode", sign), beside(sign, "nextNode", whole)];
    });
  const strays = new Set();
  for (let width = 260; width <= 600; width += 17) {
    prose.style.maxInlineSize = `${width}px`;
    for (const [sign, word, rest] of signs) {
      const { top, height } = sign.getBoundingClientRect();
      if (word && top > letter(word, word.length - 1).top + height) strays.add(sign.textContent);
      if (rest && /[.,;:!?)’”]/.test(rest.data[0]) && letter(rest, 0).top > top + height) {
        strays.add(sign.textContent + rest.data[0]);
      }
    }
  }
  prose.style.maxInlineSize = "";
  return [...strays];
}
"""


def faults(page: Page) -> list[str]:
    """What is wrong with a page's layout once it has been scrolled to its end."""
    page.keyboard.press("End")
    page.wait_for_timeout(100)
    found = [f"it shifts by {shift:.4f}"] if (shift := page.evaluate(LAYOUT_SHIFT)) else []
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it scrolls sideways")
    return found + [f"“{sign}” begins a line" for sign in page.evaluate(STRAYS)]
