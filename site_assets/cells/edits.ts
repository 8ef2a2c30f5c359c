/** The reader's own versions of cells, kept in this browser; where storage is off, they last as long as the page. */

function key(id: string): string {
  return `book-cell:${location.pathname.replace(/(\.html)?$/, ".html")}#${id}`;
}

/** What the reader last wrote in a cell; null if nothing, or if storage is off. */
export function keptEdit(id: string): string | null {
  try {
    return localStorage.getItem(key(id));
  } catch {
    return null;
  }
}

/** Keeps the text, or with null forgets it. False if the browser keeps nothing. */
export function keepEdit(id: string, text: string | null): boolean {
  try {
    if (text === null) localStorage.removeItem(key(id));
    else localStorage.setItem(key(id), text);
    return true;
  } catch {
    return false;
  }
}
