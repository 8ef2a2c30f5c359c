/** Holds the first paint until the book's faces are here, so that no line moves when they arrive. */

const FACES = ['1em "Book Serif"', 'italic 1em "Book Serif"', '1em "Book Sans"', '1em "Book Math"'];
const PATIENCE = 900; // ms; whoever waits longer reads this page in the system's faces

/** To be called by a script that stands behind the style sheet in the page's head. */
export function awaitFonts(): void {
  const { classList } = document.documentElement;
  classList.add("fonts-pending");
  const late = setTimeout(() => classList.replace("fonts-pending", "fonts-late"), PATIENCE);
  void Promise.allSettled(FACES.map((face) => document.fonts.load(face))).then(() => {
    clearTimeout(late);
    classList.remove("fonts-pending");
  });
}
