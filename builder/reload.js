// Only while `book serve` runs: reloads the page after a good build, shows the issues of a bad one.
(() => {
  document.querySelector("[data-role=offline]")?.remove(); // what changes all the time is not kept

  let version = null;
  let overlay = null;

  const show = (text) => {
    overlay?.remove();
    overlay = null;
    if (text === "") return;
    overlay = document.createElement("pre");
    overlay.setAttribute("role", "alert");
    overlay.dataset.role = "issues";
    overlay.textContent = text;
    Object.assign(overlay.style, {
      position: "fixed", inset: "auto 0 0 0", zIndex: "1000", margin: "0", padding: "1rem 1.5rem",
      maxHeight: "60vh", overflow: "auto", font: "14px/1.5 ui-monospace, monospace",
      color: "#fff", background: "#8f1d1d", whiteSpace: "pre",
    });
    document.body.append(overlay);
  };

  new EventSource("/_book/events").addEventListener("message", (event) => {
    const state = JSON.parse(event.data);
    if (version !== null && state.version !== version) location.reload(); // keeps scroll and address
    version = state.version;
    show(state.issues);
  });
})();
