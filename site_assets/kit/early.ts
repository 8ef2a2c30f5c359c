/** Runs before the first paint: tells the styles that scripts run, and puts the reader's theme on. */

import { applyTheme, storedTheme } from "./page.ts";

document.documentElement.classList.add("js");
applyTheme(storedTheme());
