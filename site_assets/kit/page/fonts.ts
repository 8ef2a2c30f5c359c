/** Holds the first paint until the book's faces are here, so that no line moves when they arrive. */

const FACES = ['1em "Book Serif"', 'italic 1em "Book Serif"', '1em "Book Sans"', '1em "Book Math"'];
const PATIENCE = 900; // ms; whoever waits longer reads this page in the system's faces

function parsed(): Promise<void> {
  return new Promise((resolve) => {
    if (document.readyState !== "loading") resolve();
    else document.addEventListener("readystatechange", () => resolve(), { once: true });
  });
}

/**
 * To be called by a script that stands behind the style sheet in the page's head. The page is shown when its faces and its
 * whole text are here, so that it is laid out once; on a slow network as it arrives. Then `show` is called.
 */
export function awaitFonts(show: () => void): void {
  const { classList } = document.documentElement;
  classList.add("fonts-pending");
  let here = false;
  const fonts = Promise.allSettled(FACES.map((face) => document.fonts.load(face))).then(() => {
    here = true;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  void Promise.race([Promise.all([fonts, parsed()]), late]).then(() => {
    if (!here) classList.add("fonts-late");
    classList.remove("fonts-pending");
    show();
  });
}
