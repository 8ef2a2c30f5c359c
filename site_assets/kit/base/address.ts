/** What an address says: behind the # the id of a place in the page and a figure's state, before it which engine runs. */

const APPENDED = /(?:[\])}.,;:!?'’”\u00bb]|%(?:3E|22))+$/i; // browsers write > and " behind the # as %3E and %22

/**
 * Mail and chat programs encode an address again, write its & as in HTML, or take the bracket or the full stop behind
 * it for its end. What the book writes itself goes through unchanged.
 */
function mended(hash: string): string {
  let text = hash.replace(/^#/, "").replace(APPENDED, "").replaceAll("&amp;", "&");
  for (let times = 0; times < 3 && /%/.test(text) && !/\?.*=/.test(text); times++) {
    text = decoded(text).replace(APPENDED, "").replaceAll("&amp;", "&");
  }
  return text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % in the address
  }
}

/** The anchor and the parameters of a location hash; never throws. */
export function parseHash(hash: string): { anchor: string; parameters: URLSearchParams } {
  const [anchor = "", query = ""] = mended(hash).split(/\?(.*)/s);
  return { anchor: decoded(anchor), parameters: new URLSearchParams(query) };
}

/** `?engine=ort` in the page's address: everything runs on ONNX Runtime. */
export function ortWanted(): boolean {
  return new URLSearchParams(location.search).get("engine") === "ort";
}
