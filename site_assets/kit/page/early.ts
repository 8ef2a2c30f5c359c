/**
 * Runs before the first paint, and does not wait for the style sheet: tells the styles that scripts run, puts the reader's
 * theme on, asks for fonts and for the figure that the address names.
 */

import { awaitFonts, hintFonts } from "./fonts.ts";
import { parseHash } from "../base/address.ts";
import { takeChoices } from "./chosen.ts";
import { hintFiles } from "./hints.ts";
import { postponeLayout, screenArrived, showPostponed } from "./layout.ts";
import { applyTheme, storedTheme } from "./page.ts";

hintFonts(document.currentScript);
hintFiles(parseHash(location.hash).anchor);
document.documentElement.classList.add("js");
takeChoices();
applyTheme(storedTheme() ?? "auto");
postponeLayout();
awaitFonts(screenArrived(), showPostponed);
