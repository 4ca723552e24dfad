// Draws the charts of the peak desk from the data beside them. Without Plotly, or without script, the tables stay.
const draw = (holder) => {
  const figure = JSON.parse(holder.querySelector("script").textContent);
  const style = getComputedStyle(document.body);
  const layout = {
    ...figure.layout,
    height: Number(holder.dataset.height) || 380,
    font: { family: style.fontFamily, color: style.color, size: 13 },
  };
  const box = holder.querySelector(".plot");
  box.hidden = false;
  window.Plotly.newPlot(box, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
};

if (window.Plotly) document.querySelectorAll("[data-figure]").forEach(draw);
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
