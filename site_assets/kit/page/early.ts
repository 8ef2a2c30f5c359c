/** Runs before the first paint: tells the styles that scripts run, puts the reader's theme on, awaits the fonts. */

import { awaitFonts } from "./fonts.ts";
import { applyTheme, storedTheme } from "./page.ts";

document.documentElement.classList.add("js");
applyTheme(storedTheme());
awaitFonts();
