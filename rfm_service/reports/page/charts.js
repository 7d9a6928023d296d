// Draws what is to be seen: the charts of the open tab, anew when the choice or the width has changed.
(() => {
  "use strict";
  const { locale, figures } = JSON.parse(document.getElementById("figures").textContent);
  const narrow = window.matchMedia("(max-width: 599px)");
  const config = { locale: locale.name, displayModeBar: false, displaylogo: false, showTips: false, scrollZoom: false, doubleClick: false };
  const drawn = new Map();
  if (locale.format) Plotly.register({ moduleType: "locale", dictionary: {}, ...locale });

  function laidOver(below, above) {
    const result = { ...below };
    for (const [key, value] of Object.entries(above)) {
      const nested = value && typeof value === "object" && !Array.isArray(value);
      result[key] = nested ? laidOver(below[key] || {}, value) : value;
    }
    return result;
  }

  function choiceOf(chart) {
    const card = chart.closest(".card");
    const chooser = card.querySelector("select, input:checked");
    return chooser ? chooser.value : "";
  }

  function draw(chart) {
    const state = [choiceOf(chart), chart.clientWidth, chart.clientHeight].join(" ");
    if (drawn.get(chart) === state) return;
    drawn.set(chart, state);
    const figure = structuredClone(figures[chart.id][choiceOf(chart)]);
    const over = narrow.matches ? figure.narrow : { layout: {}, trace: {} };
    const layout = laidOver(laidOver(figure.layout, over.layout), { width: chart.clientWidth, height: chart.clientHeight });
    Plotly.react(chart, figure.data.map((trace) => laidOver(trace, over.trace)), layout, config);
  }

  function drawAll() {
    for (const chart of document.querySelectorAll(".chart")) {
      if (chart.clientWidth) draw(chart);
    }
  }

  document.addEventListener("tab", drawAll);
  document.addEventListener("change", drawAll);
  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 100);
  });
  drawAll();
  document.documentElement.dataset.drawn = "yes";
})();
