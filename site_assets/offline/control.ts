/**
 * Reading without a network: registers the service worker, shows at the foot of the page what is kept, and says
 * when a new version of the book is there. Loaded after everything else, over http(s) only.
 */

import type { Failure, PageRequest, Status } from "./messages.ts";

const STORAGE_KEY = "book-offline"; // "off" once the reader has had the copy removed
const EVERY = 300; // ms between two looks at what is going on

const WORDS: Readonly<Record<Failure, string>> = {
  network: "The connection broke off. What has arrived is kept; try again once you are connected.",
  room: "This device has no room for more of the book. What was kept before is still there.",
  "other-version": "A newer version of the book has been published. Reload the page, then try again.",
};

function isOff(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) === "off";
  } catch {
    return false;
  }
}

function setOff(off: boolean): void {
  try {
    if (off) localStorage.setItem(STORAGE_KEY, "off");
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Storage is off: the choice lasts for this page.
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function ask(worker: ServiceWorker, request: PageRequest): Promise<Status> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data as Status);
    worker.postMessage(request, [port2]);
  });
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, EVERY));
}

function button(label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function sentence(status: Status): string {
  if (status.keepingAll) return "Bringing the whole book to this device…";
  if (status.failure) return WORDS[status.failure];
  if (isWhole(status)) return "The whole book is on this device and can be read without a network.";
  return `${status.pages.kept} of ${status.pages.all} pages are on this device and can be read without a network.`;
}

function isWhole({ bytes }: Status): boolean {
  return bytes.kept === bytes.all;
}

/** The worker of a registration once it is in charge of the book; null if it could not be installed. */
function activated(registration: ServiceWorkerRegistration): Promise<ServiceWorker | null> {
  return new Promise((resolve) => {
    const coming = registration.installing ?? registration.waiting;
    const look = (): void => {
      if (registration.active) resolve(registration.active);
      else if (!coming || coming.state === "redundant") resolve(null);
    };
    coming?.addEventListener("statechange", look);
    look();
  });
}

/** The place at the foot of the page. */
class Control {
  private readonly said = document.createElement("p");
  private readonly progress = document.createElement("progress");
  private readonly buttons = document.createElement("p");
  private readonly place: HTMLElement;
  private registration: ServiceWorkerRegistration | null = null; // null once the copy has been removed
  private listening = new AbortController(); // to what the registration tells
  private looking = false; // again, soon
  private removed = false; // from this page, which the worker of then goes on serving

  constructor(place: HTMLElement) {
    this.place = place;
    this.said.setAttribute("role", "status");
    this.progress.setAttribute("aria-label", "Share of the book that is on this device");
    this.buttons.className = "offline-buttons";
    place.append(this.said, this.progress, this.buttons);
  }

  /** Says what is kept, and has this page kept if the reader has not said otherwise, here or on another page. */
  begin(): void {
    if (isOff()) this.showOff();
    else void this.start();
  }

  /** Registers the worker and has it keep this page. Nothing is shown where the browser won't have a worker. */
  private async start(): Promise<void> {
    while (document.querySelector('figure[data-state="loading"]')) await pause(); // the figures in view load first
    try {
      // not `serviceWorker.ready`: that goes on telling of a registration that has been removed
      const registration = await navigator.serviceWorker.register("sw.js");
      if ((await activated(registration)) === null) return;
      this.registration = registration;
    } catch {
      return;
    }
    this.listening.abort();
    this.listening = new AbortController();
    const controlled = navigator.serviceWorker.controller !== null && !this.removed;
    announceNewVersions(this.registration, controlled, this.listening.signal);
    this.removed = false;
    this.show(await this.ask({ ask: "keep-page", address: location.href }));
  }

  private showOff(): void {
    this.registration = null;
    this.listening.abort();
    this.removed = true;
    this.progress.hidden = true;
    this.say("Nothing of the book is kept on this device.");
    const keep = button("Keep the pages that I read", () => {
      setOff(false);
      void this.start();
    });
    this.offer([keep]);
  }

  private ask(request: PageRequest): Promise<Status> {
    return ask((this.registration as ServiceWorkerRegistration).active as ServiceWorker, request);
  }

  private show(status: Status): void {
    const { kept, all } = status.bytes;
    this.progress.hidden = !status.keepingAll;
    this.progress.max = all;
    this.progress.value = kept;
    this.say(sentence(status));
    const remove = button(`Remove the offline copy (${megabytes(kept)})`, () => void this.remove());
    const label = `Make all chapters available offline (${megabytes(all - kept)})`;
    if (status.keepingAll) this.offer([]);
    else if (isWhole(status)) this.offer([remove]);
    else this.offer([button(label, () => void this.keepAll()), remove]);
    if (status.keepingAll) void this.lookAgain();
  }

  private async lookAgain(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    await pause();
    this.looking = false;
    if (this.registration) this.show(await this.ask({ ask: "status" }));
  }

  private async keepAll(): Promise<void> {
    // A browser may say no, or know no such thing; the copy is then the first to go.
    void navigator.storage?.persist().catch(() => false);
    this.show(await this.ask({ ask: "keep-all" }));
  }

  private async remove(): Promise<void> {
    setOff(true);
    await this.ask({ ask: "forget" });
    await this.registration?.unregister();
    this.showOff();
  }

  /** A live region speaks when its text is set, so the same text is not set again. */
  private say(text: string): void {
    if (this.said.textContent !== text) this.said.textContent = text;
    this.place.hidden = false;
  }

  /** A button that had the keyboard's focus passes it on to the one that takes its place. */
  private offer(buttons: readonly HTMLButtonElement[]): void {
    const focused = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...buttons);
    if (focused) (buttons[0] ?? this.place).focus();
  }
}

let announced = false;

/**
 * Tells the reader, once, that another version than this page's waits to take over, or took over from another page.
 * `controlled`: a worker of this registration is in charge of the page already.
 */
function announceNewVersions(registration: ServiceWorkerRegistration, controlled: boolean, signal: AbortSignal): void {
  const { serviceWorker } = navigator;
  let reloading = false;

  const reload = (): void => {
    if (!registration.waiting) return location.reload();
    reloading = true;
    registration.waiting.postMessage({ ask: "take-over" } satisfies PageRequest);
  };
  const announce = (): void => {
    if (announced) return;
    announced = true;
    const notice = document.createElement("div");
    notice.className = "new-version";
    notice.setAttribute("role", "status");
    document.body.append(notice);
    const told = document.createElement("p");
    told.textContent = "A new version of the book is there.";
    notice.append(
      told,
      button("Reload", reload),
      button("Later", () => notice.remove()),
    );
  };
  const look = (): void => {
    if (registration.active && registration.waiting) announce();
  };
  const take = (): void => {
    if (reloading) location.reload();
    else if (controlled) announce();
    controlled = true;
  };
  const follow = (): void => registration.installing?.addEventListener("statechange", look, { signal });
  serviceWorker.addEventListener("controllerchange", take, { signal });
  registration.addEventListener("updatefound", follow, { signal });
  follow();
  look();
}

const place = document.querySelector<HTMLElement>("[data-role=offline]");
if (place) {
  const control = new Control(place);
  control.begin();
  // The reader may decide otherwise in another tab, or before they come back to this page as it was left.
  addEventListener("storage", ({ key }) => {
    if (key === STORAGE_KEY) control.begin();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) control.begin();
  });
}
