const DATA = JSON.parse(document.getElementById("data").textContent);
const COLOURS = { // resolved green, human blue, not resolved red
  confirmed_resolved: "#1a7f5a", assumed_resolved: "#8cc9ae", handed_off: "#2563a8", reopened: "#e0a458", abandoned: "#c0392b" };
const LINES = { match_rate: "#66737f", resolution_rate: "#1a7f5a", handoff_rate: "#2563a8", fcr: "#b7791f", satisfaction: "#8e44ad" };
const HIDDEN = ["fcr", "satisfaction"]; // shown at a click: few ratings a day make a restless line
const NAMED = { order_progress: "查订单" };
const DAYS = DATA.days.map((day) => day.day);
const GRID = { gridcolor: "#e8ecf0", zeroline: false, linecolor: "#b8c2cc" };
const BY = { channel: "渠道 channel", category: "分类 category", faq: "知识 FAQ", day: "日期 day" };
const MAIN = ["match_rate", "resolution_rate", "containment_rate", "handoff_rate", "fcr", "satisfaction", "repeat_rate"];

function say(name, value) {
  if (value === null || value === undefined) return "–";
  const unit = DATA.indicators[name].unit;
  return unit ? `${value.toFixed(value < 100 ? 2 : 0)} ${unit}` : percent(value);
}
const titled = (name) => DATA.indicators[name].title;
const ofDay = (name) => DATA.days.map((day) => (day.indicators ? day.indicators[name] : null));
const pick = (found, what) => found.map((one) => (one ? one[what] : null));

function dates(more) {
  const few = DAYS.length <= 14 ? { dtick: 86400000 } : {};
  return { type: "date", tickformat: "%m-%d", hoverformat: "%Y-%m-%d", ...GRID, ...few, ...more };
}

function showHead() {
  const t = DATA.total;
  const left = [`进行中 ${DATA.under_way} 个`, `只有寒暄 ${DATA.courtesy} 条`];
  const span = [DATA.since && `从 ${DATA.since}`, DATA.until && `到 ${DATA.until}`].filter(Boolean).join(" ");
  const named = { conversation: "整段对话算一件事", category: "换了分类算另一件事", faq: "换了知识算另一件事" };
  put("versions", `${t.episodes} 个事项，${t.messages} 条客户消息（日志 ${DATA.events} 个事件）。未计入：${left.join("，")}。` +
    `${span} 判定时刻 ${DATA.as_of || "日志已完"}。规则：静默 ${DATA.rules.idle_s / 60} 分钟为止，${named[DATA.rules.matters]}，` +
    `${DATA.rules.return_window_s / 3600} 小时内再来问算未解决。`);
}

function showShares() {
  const all = DATA.total.episodes;
  const nodes = Object.entries(DATA.outcomes).map(([name, title]) => {
    const count = DATA.total.outcomes[name];
    const dot = make("span", "■ ");
    dot.style.color = COLOURS[name];
    const part = make("span", [dot, `${title} `, make("b", all ? percent(count / all) : "–"), make("small", ` ${count}`)]);
    part.style.marginRight = "28px";
    return part;
  });
  put("shares", ...nodes);
}

function drawDays() {
  const bars = Object.entries(DATA.outcomes).map(([name, title]) => ({
    type: "bar", name: title, x: DAYS, y: DATA.days.map((day) => (day.outcomes ? day.outcomes[name] : 0)),
    marker: { color: COLOURS[name] }, hovertemplate: `${title} %{y}<extra></extra>`,
  }));
  Plotly.newPlot("days", bars, layout({
    barmode: "stack", bargap: 0.15, hovermode: "x unified",
    xaxis: dates(), yaxis: { ...GRID, rangemode: "tozero", title: { text: "事项 episodes" } }, legend: { orientation: "h", x: 0, y: -0.2 },
  }), CONFIG);
}

function drawRates() {
  const lines = Object.entries(LINES).filter(([name]) => ofDay(name).some((one) => one && one.denominator)).map(([name, color]) => {
    const found = ofDay(name);
    return {
      type: "scatter", mode: "lines+markers", name: titled(name), x: DAYS, y: pick(found, "value"), line: { color, width: 2 },
      visible: HIDDEN.includes(name) ? "legendonly" : true,
      marker: { size: 5 }, connectgaps: false, customdata: found.map((one) => (one ? [one.numerator, one.denominator] : [0, 0])),
      hovertemplate: `${titled(name)} %{y:.1%}（%{customdata[0]} / %{customdata[1]}）<extra></extra>`,
    };
  });
  Plotly.newPlot("rates", lines, layout({
    hovermode: "x unified", xaxis: dates(), yaxis: { ...GRID, tickformat: ".0%", range: [-0.02, 1.02] },
    legend: { orientation: "h", x: 0, y: -0.15 },
  }), CONFIG);
}

function drawOne(name) {
  const found = ofDay(name);
  const unit = DATA.indicators[name].unit;
  const [low, high] = unit ? ["p50", "p90"] : ["low", "high"];
  const most = Math.max(1, ...found.map((one) => (one ? one.denominator : 0)));
  // one band per run of days with data: a band must not reach across a gap
  const runs = [];
  found.forEach((one, i) => {
    if (!one || !one.denominator) return;
    const run = runs[runs.length - 1];
    if (run && run[run.length - 1] === i - 1) run.push(i);
    else runs.push([i]);
  });
  const bands = runs.filter((run) => run.length > 1).map((run) => ({
    type: "scatter", mode: "lines", fill: "toself", fillcolor: "rgba(37, 99, 168, 0.15)", line: { width: 0 }, hoverinfo: "skip",
    x: [...run.map((i) => DAYS[i]), ...[...run].reverse().map((i) => DAYS[i])],
    y: [...run.map((i) => found[i][high]), ...[...run].reverse().map((i) => found[i][low])],
  }));
  const alone = runs.filter((run) => run.length === 1).map(([i]) => ({
    type: "scatter", mode: "lines", line: { color: "rgba(37, 99, 168, 0.3)", width: 4 }, hoverinfo: "skip",
    x: [DAYS[i], DAYS[i]], y: [found[i][low], found[i][high]],
  }));
  const line = {
    type: "scatter", mode: "lines+markers", x: DAYS, y: pick(found, "value"), connectgaps: false, line: { color: "#2563a8", width: 2 },
    marker: { size: found.map((one) => 4 + 8 * Math.sqrt((one ? one.denominator : 0) / most)) },
    text: found.map((one) => (one && one.denominator ? `${say(name, one.value)}（${say(name, one[low])} – ${say(name, one[high])}），` +
      `${+one.numerator.toFixed(2)} / ${one.denominator}` : "")),
    hovertemplate: "%{x|%Y-%m-%d} %{text}<extra></extra>",
  };
  const scale = unit ? { rangemode: "tozero", title: { text: unit } } : { tickformat: ".0%", range: [-0.02, 1.02] };
  Plotly.react("one", [...bands, ...alone, line], layout({ showlegend: false, xaxis: dates(), yaxis: { ...GRID, ...scale } }), CONFIG);
}

function showOne() {
  const choice = document.getElementById("which");
  choice.replaceChildren(...Object.keys(DATA.indicators).map((name) => {
    const option = make("option", titled(name));
    option.value = name;
    return option;
  }));
  choice.value = "resolution_rate";
  choice.addEventListener("change", () => drawOne(choice.value));
  drawOne(choice.value);
}

function showIndicators() {
  const rows = Object.keys(DATA.indicators).map((name) => ({ name, ...DATA.total.indicators[name] }));
  const isRate = (r) => !DATA.indicators[r.name].unit;
  const bar = (r) => {
    if (!isRate(r) || !r.denominator) return "";
    const box = make("div", [make("i"), make("b")], "bar");
    box.children[0].style.width = 100 * r.value + "%";
    box.children[1].style.left = 100 * r.low + "%";
    box.children[1].style.width = Math.max(0.4, 100 * (r.high - r.low)) + "%";
    return box;
  };
  const spread = (r) => {
    if (!r.denominator) return "";
    return isRate(r) ? `${say(r.name, r.low)} – ${say(r.name, r.high)}` : `中位 ${say(r.name, r.p50)}，九成 ${say(r.name, r.p90)}`;
  };
  put("indicators", table([
    { title: "指标", of: (r) => make("span", [`${titled(r.name)} `, make("small", r.name)]) },
    { title: "值", number: true, of: (r) => make("b", say(r.name, r.value)) },
    { title: "", of: bar },
    { title: "95 % 区间 / 分布", number: true, of: spread },
    { title: "分子 / 分母", number: true, of: (r) => `${+r.numerator.toFixed(2)} / ${r.denominator}` },
  ], rows).node);
}

function showGroups() {
  const choice = document.getElementById("by");
  const known = Object.keys(BY).filter((name) => DATA.groups[name]);
  choice.replaceChildren(...known.map((name) => {
    const option = make("option", BY[name]);
    option.value = name;
    return option;
  }));
  const filter = document.getElementById("filter");
  const rate = (name) => ({
    title: titled(name), number: true, value: (g) => g.indicators[name].value,
    of: (g) => {
      const one = g.indicators[name];
      return one.denominator ? make("span", [percent(one.value, 0), make("small", ` ${one.numerator} / ${one.denominator}`)]) : "–";
    },
  });
  let view = null;
  const rows = () => DATA.groups[choice.value].filter((g) => g.name.toLowerCase().includes(filter.value.trim().toLowerCase()));
  const update = () => {
    const shown = rows();
    document.getElementById("count").textContent = `${shown.length} / ${DATA.groups[choice.value].length}`;
    view.update(shown);
  };
  const build = () => {
    view = table([
      { title: BY[choice.value], of: (g) => NAMED[g.name] || g.name || "—", className: "id" },
      { title: "事项", number: true, of: (g) => g.episodes },
      ...MAIN.map(rate),
    ], rows(), { sortable: true });
    put("groups", view.node);
    update();
    view.sortBy(choice.value === "day" ? 0 : 1);
  };
  choice.addEventListener("change", build);
  filter.addEventListener("input", update);
  build();
}

showHead();
showShares();
showIndicators();
showGroups();
if (DAYS.length) {
  drawDays();
  drawRates();
  showOne();
} else {
  ["days", "rates", "one"].forEach((id) => put(id, make("p", "没有数据 no data", "note")));
}
