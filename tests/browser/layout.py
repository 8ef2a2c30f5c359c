"""How much of a page has moved by itself so far: the sum of all its layout shifts."""

LAYOUT_SHIFT = """
() => new Promise((done) => {
  let total = 0;
  const add = (list) => list.getEntries().forEach((entry) => { total += entry.value; });
  const observer = new PerformanceObserver(add);
  observer.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => { add({ getEntries: () => observer.takeRecords() }); done(total); }, 100);
})
"""
