// Draws the charts of the peak desk from the data beside them. Without Plotly, or without script, the tables stay.

// Plotly's wheel speaks English only; the browser knows the names of days and months in the reader's language.
const learn = (lang) => {
  const name = (date, options) => new Intl.DateTimeFormat(lang, { timeZone: "UTC", ...options }).format(date);
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2024, month, 1)));
  const days = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2024, 8, 1 + day))); // the first is a Sunday
  const parts = new Intl.NumberFormat(lang).formatToParts(1234567.8);
  const sign = (type) => parts.find((part) => part.type === type)?.value ?? "";
  const format = {
    days: days.map((day) => name(day, { weekday: "long" })),
    shortDays: days.map((day) => name(day, { weekday: "short" })),
    months: months.map((month) => name(month, { month: "long" })),
    shortMonths: months.map((month) => name(month, { month: "short" })),
    date: "%-d-%-m-%Y",
    year: "%Y",
    month: "%b %Y",
    dayMonth: "%-d %b",
    dayMonthYear: "%-d %b %Y",
    decimal: sign("decimal"),
    thousands: sign("group"),
  };
  window.Plotly.register({ moduleType: "locale", name: lang.toLowerCase(), dictionary: {}, format });
  return lang.toLowerCase();
};

const draw = (holder, locale) => {
  const figure = JSON.parse(holder.querySelector("script").textContent);
  const style = getComputedStyle(document.body);
  const layout = {
    ...figure.layout,
    title: undefined, // it stands above the chart, where it can wrap and be read aloud
    height: Number(holder.dataset.height) || 380,
    font: { family: style.fontFamily, color: style.color, size: 13 },
  };
  const box = holder.querySelector(".plot");
  box.hidden = false;
  box.role = "img"; // the table beside it says the figures
  box.ariaLabel = figure.layout.title?.text ?? "";
  window.Plotly.newPlot(box, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: false, locale });
};

if (window.Plotly) {
  const { lang } = document.documentElement;
  const locale = learn(lang === "en" ? "en-GB" : lang);
  document.querySelectorAll("[data-figure]").forEach((holder) => draw(holder, locale));
}

// A table or a chart that scrolls can be scrolled by the keyboard.
document.querySelectorAll(".table-frame, .figure, .document").forEach((frame) => {
  if (frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight) frame.tabIndex = 0;
});

// On a phone the pages of a plan are a row that scrolls: the one that is open comes into sight.
const tabs = document.querySelector(".tabs");
const open = tabs?.querySelector("[aria-current]");
if (open) tabs.scrollLeft = open.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - open.offsetWidth) / 2;

// Charts are drawn for the screen: on paper they take its width, and their own again afterwards.
const fit = () => document.querySelectorAll(".plot:not([hidden])").forEach((box) => window.Plotly?.Plots.resize(box));
window.addEventListener("beforeprint", fit);
window.addEventListener("afterprint", fit);

document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// What is wrong with a form names its field, as the field itself does further down.
document.querySelectorAll('.error-summary a[href^="#"]').forEach((link) => {
  const label = document.querySelector(`label[for="${CSS.escape(decodeURIComponent(link.hash.slice(1)))}"]`);
  if (label) link.textContent = `${label.textContent.trim()}: ${link.textContent}`;
});
