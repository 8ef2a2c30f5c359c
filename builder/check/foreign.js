// Run in an open page: a line for each fault inside <svg> and <math>.
() => {
  const inside = (element) => element.closest("svg, math");
  const told = [];
  const tell = (element, message) => {
    const figure = element.closest("[id^=fig-]")?.id;
    told.push(
      `${message}, in <${inside(element).localName}>${figure ? ` of #${figure}` : ""}`,
    );
  };
  const byId = new Map();
  for (const element of document.querySelectorAll("[id]")) {
    if (!byId.has(element.id)) byId.set(element.id, []);
    byId.get(element.id).push(element);
  }
  for (const [id, elements] of byId) {
    const foreign = elements.find(inside);
    if (foreign && elements.length > 1)
      tell(foreign, `the id '${id}' stands ${elements.length} times`);
  }
  const XLINK = "http://www.w3.org/1999/xlink";
  const hrefOf = (element) =>
    element.getAttribute("href") ?? element.getAttributeNS(XLINK, "href");
  for (const element of document.querySelectorAll("svg, svg *, math, math *")) {
    const href = hrefOf(element);
    const named =
      (element.getAttribute("aria-label") ?? element.textContent).trim() ||
      element.hasAttribute("aria-labelledby");
    if (href !== null && element.localName !== "use" && !named)
      tell(element, `the link to '${href}' has no name`);
    const wanted = [
      ...(href?.startsWith("#") && !href.includes("?")
        ? [decodeURIComponent(href.slice(1))]
        : []),
      ...["aria-labelledby", "aria-describedby"].flatMap(
        (name) => element.getAttribute(name)?.split(/\s+/) ?? [],
      ),
      ...[...element.attributes].flatMap(({ value }) =>
        [...value.matchAll(/url\(#([^)"']+)\)/g)].map((found) => found[1]),
      ),
    ];
    for (const id of wanted)
      if (id && !byId.has(id))
        tell(element, `there is no '#${id}' on the page`);
    if (
      element.namespaceURI === "http://www.w3.org/1998/Math/MathML" &&
      element.localName === "merror"
    )
      tell(element, `a formula that cannot be read: ${element.textContent}`);
  }
  return told;
}
