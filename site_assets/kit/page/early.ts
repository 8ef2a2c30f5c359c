/** Runs before the first paint: tells the styles that scripts run, puts the reader's theme on, awaits the fonts. */

import { awaitFonts } from "./fonts.ts";
import { parseHash } from "../base/address.ts";
import { hintFiles } from "./hints.ts";
import { postponeLayout, showPostponed } from "./layout.ts";
import { applyTheme, storedTheme } from "./page.ts";

document.documentElement.classList.add("js");
applyTheme(storedTheme());
postponeLayout();
awaitFonts(showPostponed);
hintFiles(parseHash(location.hash).anchor);
