const DATA = JSON.parse(document.getElementById("data").textContent);
const QUESTIONS = Object.fromEntries(DATA.faqs.map((faq) => [faq.id, faq.question]));
const SPECIAL = { out_of_scope: "域外 out of scope", order_progress: "查订单", human_handoff: "转人工" };

function axis(title, more) {
  return { title: { text: title, font: { size: 13 }, standoff: 8 }, range: [0, 1], gridcolor: "#e8ecf0", zeroline: false, linecolor: "#b8c2cc", ...more };
}

function drawCurve() {
  const { answer, clarify } = DATA.versions;
  const column = (name) => DATA.curve.map((point) => point[name]);
  const line = (name, label, color, dash) => ({
    x: column("threshold"), y: column(name), name: label, mode: "lines", connectgaps: false,
    line: { color, width: 2.5, dash }, customdata: column("answers"),
    hovertemplate: label + " %{y:.1%}（阈值 %{x:.2f}，回答 %{customdata} 条）<extra></extra>",
  });
  const traces = [line("precision", "准确率", "#2563a8"), line("resolution_rate", "解决率", "#1a7f5a")];
  if (DATA.curve.some((point) => point.oos_rejection !== null)) {
    traces.push(line("oos_rejection", "拒识率", "#b7791f", "dot"));
  }
  const band = (from, to, color) => (
    { type: "rect", xref: "x", yref: "paper", x0: from, x1: to, y0: 0, y1: 1, fillcolor: color, line: { width: 0 }, layer: "below" });
  const mark = (at) => (
    { type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line: { color: "#66737f", width: 1, dash: "dash" } });
  const note = (from, to, text) => ({
    x: (from + to) / 2, y: 1, xref: "x", yref: "paper", yanchor: "bottom", showarrow: false, text, font: { size: 12, color: "#66737f" } });
  const notes = [[0, clarify, "兜底"], [clarify, answer, "澄清"], [answer, 1, "直接回答"]].filter(([from, to]) => to - from >= 0.06);
  Plotly.newPlot("curve", traces, layout({
    margin: { l: 56, r: 16, t: 28, b: 48 },
    xaxis: axis("回答阈值 answer threshold"), yaxis: axis("", { tickformat: ".0%", range: [0, 1.02] }),
    shapes: [band(0, clarify, "#f6ecea"), band(clarify, answer, "#fbf5e4"), band(answer, 1, "#eaf4ee"), mark(clarify), mark(answer)],
    annotations: notes.map(([from, to, text]) => note(from, to, text)),
    legend: { orientation: "h", x: 0, y: -0.2 },
  }), CONFIG);
}

function drawReliability() {
  const bins = DATA.bins.filter((bin) => bin.count > 0);
  const most = Math.max(...bins.map((bin) => bin.count), 1);
  const ece = DATA.indicators.ece;
  const diagonal = { x: [0, 1], y: [0, 1], mode: "lines", line: { color: "#66737f", dash: "dash", width: 1 }, hoverinfo: "skip" };
  const gaps = bins.map((bin) => (
    { type: "line", x0: bin.confidence, x1: bin.confidence, y0: bin.confidence, y1: bin.right, line: { color: "#e0a8a1", width: 3 } }));
  const points = {
    x: bins.map((bin) => bin.confidence), y: bins.map((bin) => bin.right), mode: "lines+markers", cliponaxis: false,
    line: { color: "#9dbfe0", width: 1.5 },
    marker: { color: "#2563a8", size: bins.map((bin) => 7 + 20 * Math.sqrt(bin.count / most)), opacity: 0.85 },
    customdata: bins.map((bin) => bin.count),
    hovertemplate: "说 %{x:.1%}，对 %{y:.1%}，%{customdata} 条<extra></extra>",
  };
  const label = ece ? `ECE ${ece.value.toFixed(3)}（${ece.low.toFixed(3)} – ${ece.high.toFixed(3)}）` : "没有可画的用例 nothing to draw";
  Plotly.newPlot("reliability", [diagonal, points], layout({
    showlegend: false, shapes: gaps,
    xaxis: axis("置信度 confidence", { range: [-0.03, 1.03], tickformat: ".0%" }),
    yaxis: axis("实际正确 right", { range: [-0.03, 1.03], tickformat: ".0%" }),
    annotations: [{ x: 0.02, y: 0.98, xref: "paper", yref: "paper", xanchor: "left", yanchor: "top", showarrow: false,
      text: label, font: { size: 14 }, bgcolor: "rgba(255,255,255,0.85)" }],
  }), CONFIG);
}

function drawHeatmap() {
  const pairs = DATA.confusions;
  const [rows, columns] = [[], []];
  pairs.forEach((pair) => { // the most frequent pairs that fit
    const [newRow, newColumn] = [!rows.includes(pair.expected), !columns.includes(pair.got)];
    if (rows.length + newRow > DATA.most_confused || columns.length + newColumn > DATA.most_confused) return;
    if (newRow) rows.push(pair.expected);
    if (newColumn) columns.push(pair.got);
  });
  if (!rows.length) {
    document.getElementById("heatmap").textContent = "没有混淆 no confusions";
    return;
  }
  const cells = rows.map(() => columns.map(() => null));
  const words = rows.map(() => columns.map(() => ""));
  pairs.forEach((pair) => {
    const [row, column] = [rows.indexOf(pair.expected), columns.indexOf(pair.got)];
    if (row >= 0 && column >= 0) {
      cells[row][column] = pair.count;
      words[row][column] = `期望 ${plain(titleOf(pair.expected))}<br>得到 ${plain(titleOf(pair.got))}<br>` +
        `${pair.count} 条，其中答出 ${pair.answered} 条`;
    }
  });
  const tick = (name) => plain(cut(SPECIAL[name] || name, 18));
  const most = Math.max(...pairs.map((pair) => pair.count));
  document.getElementById("heatmap").style.height = `${Math.max(400, 150 + 19 * rows.length)}px`;
  Plotly.newPlot("heatmap", [{
    type: "heatmap", z: cells, text: words, hovertemplate: "%{text}<extra></extra>", hoverongaps: false, xgap: 1, ygap: 1,
    x: columns.map((_, i) => i), y: rows.map((_, i) => i), zmin: 0, zmax: most,
    colorscale: [[0, "#fdf0ee"], [0.5, "#e68a7c"], [1, "#9c2a1b"]],
    colorbar: { title: { text: "条" }, thickness: 12, dtick: Math.max(1, Math.ceil(most / 5)) },
  }], layout({
    margin: { l: 150, r: 10, t: 10, b: 140 },
    xaxis: { tickvals: columns.map((_, i) => i), ticktext: columns.map(tick), tickangle: -60, title: { text: "得到 got", standoff: 6, font: { size: 13 } },
      showgrid: false, zeroline: false, tickfont: { size: 11 } },
    yaxis: { tickvals: rows.map((_, i) => i), ticktext: rows.map(tick), autorange: "reversed", showgrid: false, zeroline: false,
      tickfont: { size: 11 } },
  }), CONFIG);
}

function titleOf(name) {
  if (SPECIAL[name]) return SPECIAL[name];
  return QUESTIONS[name] ? `${name} ${QUESTIONS[name]}` : name;
}
