/*
 * Only while `book serve` runs: brings the open page up to date after a good build, shows the issues of a
 * bad one, and offers to train.
 *
 * What can be exchanged in place is: styles, and the blocks of the text that changed. Figures then stay as
 * they are, even in the middle of a training. Else the page is loaded anew, once the figures have written
 * their state into the address, and scrolled back to where it was.
 */
(() => {
  document.querySelector("[data-role=offline]")?.remove(); // what changes all the time is not kept

  const CONTAINERS = "body, main, article, .prose, figure[data-figure]";
  const SET_UP = "[data-role], [data-cell], [data-figure]"; // what scripts take over when a page is loaded
  const SCRIPTS = "script[src]:not([data-version]), #book-data";
  const REST = 500; // ms without a gesture; figures write the address 350 ms after one
  const SCROLL = "book-serve-scroll";

  let version = document.currentScript.dataset.version;
  const served = async () => {
    const response = await fetch(location.pathname, { cache: "no-store" });
    return new DOMParser().parseFromString(await response.text(), "text/html");
  };
  const versionOf = (page) => page.querySelector("script[data-version]")?.dataset.version;
  let shown = served(); // the page as the server sent it: the live one has been changed by its scripts

  /* ---- gestures, whose effect a new load must not lose ---- */

  let held = 0;
  let touched = -Infinity;
  const touch = () => {
    touched = performance.now();
  };
  for (const type of ["keydown", "input", "change", "click"]) addEventListener(type, touch, true);
  addEventListener("pointerdown", () => held++, true);
  for (const type of ["pointerup", "pointercancel"]) {
    addEventListener(type, () => {
      held = Math.max(0, held - 1);
      touch();
    }, true);
  }

  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const rest = async () => {
    while (held > 0 || performance.now() - touched < REST) await pause(held > 0 ? 50 : REST - (performance.now() - touched));
  };

  const load = async () => {
    await rest();
    sessionStorage.setItem(SCROLL, JSON.stringify([location.pathname, scrollX, scrollY]));
    location.reload();
  };

  const [path, left, top] = JSON.parse(sessionStorage.getItem(SCROLL) ?? "[]");
  sessionStorage.removeItem(SCROLL);
  if (path === location.pathname) {
    // After the page's own script, which goes to the figure that the address names.
    addEventListener("load", () => requestAnimationFrame(() => scrollTo({ left, top, behavior: "instant" })));
  }

  /* ---- what changed, and whether it can be exchanged in place ---- */

  const same = (some, others) => some.length === others.length && some.every((node, at) => node.isEqualNode(others[at]));
  const isSetUp = (element) => element.matches(SET_UP) || element.querySelector(SET_UP) !== null;
  const ownText = (element) => [...element.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.data.trim() : "")).join("");
  const alike = (element, other) => element.cloneNode(false).isEqualNode(other.cloneNode(false)) && ownText(element) === ownText(other);

  /** Collects what is to be done to `live`, which was made of `before`; false if it can't be done in place. */
  const compare = (live, before, after, changes) => {
    if (before.isEqualNode(after)) return true;
    if (!before.matches(CONTAINERS) || !alike(before, after)) {
      if (isSetUp(before) || isSetUp(after)) return false;
      changes.push(() => live.replaceWith(document.importNode(after, true)));
      return true;
    }
    const [here, old, fresh] = [live, before, after].map((element) => [...element.children]);
    if (!here.every((element, at) => element.tagName === old[at]?.tagName) || here.length !== old.length) return false;
    let start = 0;
    while (start < Math.min(old.length, fresh.length) && old[start].isEqualNode(fresh[start])) start++;
    let end = 0;
    while (end < Math.min(old.length, fresh.length) - start && old.at(-1 - end).isEqualNode(fresh.at(-1 - end))) end++;
    const [gone, come] = [old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)];
    if (gone.length === come.length) return gone.every((element, at) => compare(here[start + at], element, come[at], changes));
    if ([...gone, ...come].some(isSetUp)) return false;
    changes.push(() => {
      const next = here[old.length - end] ?? null;
      for (const element of here.slice(start, old.length - end)) element.remove();
      for (const element of come) live.insertBefore(document.importNode(element, true), next);
    });
    return true;
  };

  const swapStyles = (after) => {
    const fresh = [...after.querySelectorAll("link[rel=stylesheet]")];
    const here = [...document.querySelectorAll("link[rel=stylesheet]")];
    here.forEach((link, at) => {
      const href = fresh[at]?.getAttribute("href");
      if (href === link.getAttribute("href")) return;
      const successor = document.createElement("link");
      successor.rel = "stylesheet";
      successor.href = href;
      successor.addEventListener("load", () => link.remove());
      link.after(successor);
    });
  };

  /** The open page becomes `after`; false if only loading it anew can do that. */
  const exchange = (before, after) => {
    const [scripts, styles] = [SCRIPTS, "link[rel=stylesheet]"].map((selector) => [before, after].map((page) => [...page.querySelectorAll(selector)]));
    const changes = [];
    if (!same(...scripts) || styles[0].length !== styles[1].length) return false;
    if (!compare(document.body, before.body, after.body, changes)) return false;
    swapStyles(after);
    document.title = after.title;
    for (const change of changes) change();
    return true;
  };

  const follow = async (latest) => {
    if (latest === version) return;
    const after = await served();
    const before = await shown.catch(() => undefined); // it could not be had when the page was loaded
    if (!before || versionOf(before) !== version || !exchange(before, after)) {
      await load();
      return;
    }
    shown = Promise.resolve(after);
    version = versionOf(after);
  };

  /* ---- what the builder has to say ---- */

  const panel = document.createElement("div"); // beside the body, which scripts and comparisons leave to the book
  Object.assign(panel.style, {
    position: "fixed", inset: "auto 0 0 0", zIndex: "1000", maxHeight: "60vh", overflow: "auto",
    font: "14px/1.5 ui-monospace, monospace", color: "#fff", background: "#8f1d1d",
  });

  const part = (tag, role, text) => {
    const element = document.createElement(tag);
    element.dataset.role = role;
    element.textContent = text;
    Object.assign(element.style, { margin: "0", padding: "0.75rem 1.5rem", whiteSpace: "pre-wrap" });
    return element;
  };

  const trainButton = (names) => {
    const button = document.createElement("button");
    button.textContent = "Train anew";
    Object.assign(button.style, { font: "inherit", minHeight: "44px", padding: "0 1rem", margin: "0 1.5rem 0.75rem" });
    button.addEventListener("click", () => void fetch("/_book/train", { method: "POST", headers: { "X-Book": "train" } }));
    button.setAttribute("aria-label", `Train anew: ${names.join(", ")}`);
    return button;
  };

  const show = ({ issues, stale, training }) => {
    const parts = [];
    if (issues.length > 0) {
      const found = part("pre", "issues", issues.join("\n\n"));
      found.setAttribute("role", "alert");
      found.style.whiteSpace = "pre";
      parts.push(found);
    }
    if (training.length > 0) parts.push(part("div", "training", `Training ${training.join(", ")}…`));
    else if (stale.length > 0) {
      parts.push(part("div", "question", `The training code has changed. The preview goes on with the models as they are: ${stale.join(", ")}.`));
      parts.push(trainButton(stale));
    }
    panel.style.background = issues.length > 0 ? "#8f1d1d" : "#1d3f6f";
    panel.replaceChildren(...parts);
    if (parts.length > 0) document.documentElement.append(panel);
    else panel.remove();
  };

  let queue = Promise.resolve();
  new EventSource("/_book/events").addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    show(state);
    // A server that is away for a moment is no end: the next state brings what was missed.
    queue = queue.then(() => follow(state.version)).catch((error) => console.warn("book serve:", error));
  });
})();
