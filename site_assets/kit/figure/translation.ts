/**
 * A browser's translator puts elements of its own in place of texts. Preact would go on writing into texts that are in
 * the page no more, and read-outs would stand still. So what a translator did is taken back before each drawing, and
 * done again where the drawing changed nothing; what it did change is shown as it is, for the translator to find.
 */

import { options } from "preact";

/** The children of an element; those that are texts are the same only as long as they say the same. */
interface Children {
  readonly nodes: readonly Node[];
  readonly texts: readonly (string | null)[];
}

function childrenOf(element: Node): Children {
  const nodes = [...element.childNodes];
  return { nodes, texts: nodes.map(({ nodeValue }) => nodeValue) };
}

function areChildren({ nodes, texts }: Children, element: Node): boolean {
  const now = element.childNodes;
  return now.length === nodes.length && nodes.every((node, i) => now[i] === node && node.nodeValue === texts[i]);
}

/** Moves as little as possible: an element that is taken out and put back would lose the focus. */
function arrange(element: Node, wanted: readonly Node[]): void {
  for (const node of [...element.childNodes]) {
    if (!wanted.includes(node)) element.removeChild(node);
  }
  wanted.forEach((node, i) => {
    const there = element.childNodes[i] ?? null;
    if (there !== node) element.insertBefore(node, there);
  });
}

/** The children of `target` before `records`, the changes of them in the order in which they were made. */
function childrenBefore(target: Node, records: readonly MutationRecord[]): Node[] {
  return records.reduceRight<Node[]>(
    (nodes, { addedNodes, removedNodes, previousSibling }) => {
      const added = new Set<Node>(addedNodes);
      const left = nodes.filter((node) => !added.has(node));
      const at = previousSibling ? left.indexOf(previousSibling as Node) + 1 : 0;
      left.splice(at, 0, ...removedNodes);
      return left;
    },
    [...target.childNodes],
  );
}

const places = new Set<Translation>();

/** All that Preact draws under one element. */
export class Translation {
  readonly place: Element;
  private readonly observer = new MutationObserver((records) => this.notice(records));
  /** Of each element that others have changed, the children that Preact gave it. */
  private readonly originals = new Map<Node, readonly Node[]>();

  constructor(place: Element) {
    this.place = place;
    this.observer.observe(place, { childList: true, subtree: true });
    places.add(this);
  }

  /** `draw` meets what it drew the last time. */
  around(draw: () => void): void {
    this.notice(this.observer.takeRecords());
    const translated = [...this.originals].map(([element]) => [element, childrenOf(element).nodes] as const);
    for (const [element, original] of this.originals) arrange(element, original);
    const before = new Map([...this.originals.keys()].map((element) => [element, childrenOf(element)]));
    draw();
    const same = translated.filter(
      ([element]) => this.place.contains(element) && areChildren(before.get(element) as Children, element),
    );
    this.originals.clear();
    for (const [element, nodes] of same) {
      this.originals.set(element, (before.get(element) as Children).nodes);
      arrange(element, nodes);
    }
    this.observer.takeRecords(); // all of these were made here
  }

  private notice(records: readonly MutationRecord[]): void {
    for (const target of new Set(records.map((record) => record.target))) {
      if (this.originals.has(target)) continue;
      const original = childrenBefore(
        target,
        records.filter((record) => record.target === target),
      );
      this.originals.set(target, original);
      for (const node of original) {
        // Wrapped, not replaced: the wrapper keeps a copy when the text goes back to where Preact left it.
        if (node.parentNode !== target) node.parentNode?.replaceChild(node.cloneNode(), node);
      }
    }
    this.observer.takeRecords();
  }
}

/** Components draw of their own accord, too, when what they remember changes. */
options.debounceRendering = (draw) => {
  queueMicrotask(() => [...places].reduce((inner, place) => () => place.around(inner), draw)());
};
