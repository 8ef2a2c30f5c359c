/**
 * Imported before Pyodide, which asks as soon as it is there whether its worker is a classic one, by loading a
 * script from an address. This one is, but nothing may be loaded: Firefox would report the attempt as an error.
 */

(self as unknown as { importScripts: unknown }).importScripts = undefined;
