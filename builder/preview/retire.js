// Only while `book serve` runs: takes the place of a service worker that a finished book left at this
// address, throws away what it kept, and shows the open pages anew.
self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => {
  const retire = async () => {
    const kept = (await caches.keys()).filter((name) => name.startsWith(`book ${self.registration.scope} `));
    await Promise.all(kept.map((name) => caches.delete(name)));
    await self.registration.unregister();
    for (const page of await self.clients.matchAll({ type: "window" })) void page.navigate(page.url);
  };
  event.waitUntil(retire());
});
