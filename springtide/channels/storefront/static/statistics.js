// Tells our own shop, and nobody else, which page was opened: its address without the query, and whether the visit began
// here. It sets nothing and reads no id; the shop works the same without it.
const lines = document.querySelector("[data-results]");
const query = new URLSearchParams(location.search);
const badge = document.querySelector("[data-cart-count] .badge");
const from = document.referrer && URL.canParse(document.referrer) ? new URL(document.referrer).origin : "";

const events = [{
  kind: "page",
  path: location.pathname.slice(0, 300),
  entry: from !== location.origin && performance.getEntriesByType("navigation")[0]?.type !== "reload",
  filled: Number(badge?.textContent || 0) > 0,
  thanks: query.get("thanks") === "1",
}];
if (lines && query.get("q") && !query.get("page")) {
  events.push({
    kind: "search",
    path: location.pathname.slice(0, 300),
    words: query.get("q").slice(0, 200),
    results: Number(lines.dataset.results),
  });
}
if (!document.prerendering) navigator.sendBeacon("/api/insight/events", JSON.stringify({ events }));
