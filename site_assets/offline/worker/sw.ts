/**
 * The book's service worker: what has been read stays readable without a network.
 *
 * Pages and files come from the shelf of this version if they stand there. What an older page asks for is looked
 * up among what the version before kept, and that is thrown away once no such page is open any more.
 */

import type { Failure, PageRequest, Status } from "../messages.ts";
import type { Manifest } from "./manifest.ts";
import { KeepError, Shelf } from "./shelf.ts";

declare const self: ServiceWorkerGlobalScope & { readonly BOOK: Manifest };

const { BOOK } = self;
const shelf = new Shelf(BOOK, self.registration.scope);

/** The ids of the pages that were open when this version came. Stored, because a worker may be stopped at any time. */
const OLDER_PAGES = "sw.js/older-pages";
/** The reader wants every page, of later versions too. */
const WHOLE_BOOK = "sw.js/whole-book";

let keepingAll = false;
let failure: Failure | null = null;

function filesOf(pages: Iterable<string>): string[] {
  return [...pages].flatMap((page) => BOOK.pages[page] ?? []);
}

/** The contents, and what is kept of the version before. If any of it can't be had, this version is not installed. */
async function install(): Promise<void> {
  await shelf.open();
  const before = await shelf.pathsBefore();
  if (before.has(WHOLE_BOOK)) {
    await shelf.keepAll(Object.keys(BOOK.files));
    await shelf.note(WHOLE_BOOK, true);
    return;
  }
  const unchanged = [...before].filter((path) => Object.hasOwn(BOOK.files, path));
  await shelf.keepAll([...filesOf([BOOK.contents, BOOK.fallback, ...before]), ...unchanged]);
}

async function openPages(): Promise<string[]> {
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
  return pages.filter(({ url }) => url.startsWith(self.registration.scope)).map(({ id }) => id);
}

async function activate(): Promise<void> {
  await shelf.note(OLDER_PAGES, await openPages());
  await clearBefore();
  await self.clients.claim();
}

async function clearBefore(): Promise<void> {
  const older = (await (await shelf.kept(OLDER_PAGES))?.json()) as string[] | undefined;
  const open = await openPages();
  if (!older?.some((id) => open.includes(id))) await shelf.clearBefore();
}

/** A page as this version has it; else as the host has it now; else the page that says it isn't here. */
async function page(path: string, request: Request): Promise<Response> {
  const found = await shelf.kept(path);
  if (found) return found;
  try {
    return await fetch(request);
  } catch {
    const fallback = await shelf.kept(BOOK.fallback);
    return fallback ? new Response(fallback.body, { status: 503, headers: fallback.headers }) : Response.error();
  }
}

/** A file that a page loads. One that this version does not have is asked for by an older or a newer page. */
async function file(path: string, request: Request): Promise<Response> {
  if (Object.hasOwn(BOOK.files, path)) {
    try {
      return await shelf.keep(path, "high");
    } catch {
      // No room, no network, or another version: the page gets what a page without a worker would get.
    }
  }
  return (await shelf.keptBefore(path)) ?? fetch(request);
}

async function trying(work: () => Promise<void>): Promise<void> {
  failure = null;
  try {
    await shelf.open();
    await work();
  } catch (error) {
    failure = error instanceof KeepError ? error.failure : "room";
  }
}

async function keepAll(): Promise<void> {
  if (keepingAll) return;
  keepingAll = true;
  await trying(async () => {
    await shelf.keepAll(Object.keys(BOOK.files));
    await shelf.note(WHOLE_BOOK, true);
  });
  keepingAll = false;
}

async function status(): Promise<Status> {
  const kept = await shelf.paths();
  const size = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + (BOOK.files[path]?.[1] ?? 0), 0);
  const pages = Object.keys(BOOK.pages).filter((page) => page !== BOOK.fallback);
  return {
    bytes: { kept: size(kept), all: size(Object.keys(BOOK.files)) },
    pages: { kept: pages.filter((page) => filesOf([page]).every((path) => kept.has(path))).length, all: pages.length },
    keepingAll,
    failure,
  };
}

async function answer(request: PageRequest, alive: (work: Promise<void>) => void): Promise<Status> {
  switch (request.ask) {
    case "status":
      break;
    case "keep-page": {
      const path = shelf.pathOf(request.address);
      await clearBefore();
      await trying(() => shelf.keepAll(filesOf([BOOK.contents, BOOK.fallback, ...(path === null ? [] : [path])])));
      break;
    }
    case "keep-all":
      alive(keepAll());
      break;
    case "take-over":
      void self.skipWaiting();
      break;
    case "forget":
      await shelf.clear();
  }
  return status();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  const answered = answer(event.data as PageRequest, (work) => event.waitUntil(work));
  event.waitUntil(answered.then((told) => event.ports[0]?.postMessage(told)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = request.method === "GET" ? shelf.pathOf(request.url) : null;
  if (path === null) return;
  if (request.mode !== "navigate") event.respondWith(file(path, request));
  else if (path.endsWith(".html") || Object.hasOwn(BOOK.files, path)) event.respondWith(page(path, request));
});
