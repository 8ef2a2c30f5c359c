/**
 * Imported before Pyodide, which tests at once whether its worker is a classic one, by loading a script from an
 * address. Nothing may be loaded here, and Firefox would report the attempt as an error.
 */

(self as unknown as { importScripts: unknown }).importScripts = undefined;
