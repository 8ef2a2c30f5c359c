/** Holds the first paint until the book's faces are here, so that no line moves when they arrive. */

import { preload } from "./hints.ts";

const FACES = ['1em "Book Serif"', 'italic 1em "Book Serif"', '1em "Book Sans"', '1em "Book Math"'];
const PATIENCE = 900; // ms; whoever waits longer reads this page in the system's faces

/** Asks for the files of the faces before the style sheet that names them is here; from file:// browsers refuse that. */
export function hintFonts(script: HTMLOrSVGScriptElement | null): void {
  if (location.protocol === "file:") return;
  for (const href of script?.dataset["fonts"]?.split(" ") ?? []) preload(href, "font");
}

/** Resolves when the page's first style sheet, which declares the faces, is here, or is known to be missing. */
export function styled(): Promise<void> {
  const sheet = (): HTMLLinkElement | null => document.querySelector("link[rel=stylesheet]");
  if (sheet()?.sheet) return Promise.resolve();
  return new Promise((resolve) => {
    const told = ({ target }: Event): void => {
      if (target !== sheet()) return;
      for (const type of ["load", "error"]) document.removeEventListener(type, told, true);
      resolve();
    };
    for (const type of ["load", "error"]) document.addEventListener(type, told, true); // neither event bubbles
  });
}

/** The page is shown when its faces are here, and of its text what `text` waits for, so that it is laid out once; on a slow network as it arrives. Then `show` is called. */
export function awaitFonts(text: Promise<void>, show: () => void): void {
  const { classList } = document.documentElement;
  classList.add("fonts-pending");
  let here = false;
  const fonts = styled()
    .then(() => Promise.allSettled(FACES.map((face) => document.fonts.load(face))))
    .then(() => {
      here = true;
    });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  void Promise.race([Promise.all([fonts, text]), late]).then(() => {
    if (!here) classList.add("fonts-late");
    classList.remove("fonts-pending");
    show();
  });
}
