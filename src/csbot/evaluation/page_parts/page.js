function showHead() {
  const v = DATA.versions;
  put("versions", `${DATA.cases} 条用例 · csbot ${v.csbot} · 知识库 ${v.kb || "未保存"}（内容 ${v.knowledge}） · 编码器 ${v.encoder} · ` +
    `配置 ${v.config} · 用例 ${v.cases} · 阈值：回答 ${v.answer}，澄清 ${v.clarify} · 随机种子 ${v.seed}`);
  const notices = [];
  if (DATA.degraded) notices.push("编码器不可用，结果只用词面匹配 measured without the encoder");
  if (DATA.missing_faqs.length) notices.push("知识已删除，其用例算错 FAQs gone: " + DATA.missing_faqs.join("、"));
  put("notices", notices.join("；"));
}

function showGate() {
  if (!DATA.gate) return;
  const failed = DATA.gate.checks.filter((check) => check.status === "failed").length;
  document.getElementById("gate-section").hidden = false;
  put("gate-verdict", make("span", failed ? `${failed} 条规则未通过 failed` : "通过 passed", "verdict " + (failed ? "bad" : "good")));
  const marks = { passed: "✓", failed: "✗", skipped: "–" };
  const rank = { failed: 0, skipped: 1, passed: 2 };
  const checks = [...DATA.gate.checks].sort((a, b) => rank[a.status] - rank[b.status]);
  put("gate", table([
    { title: "", of: (c) => make("span", marks[c.status], c.status === "failed" ? "bad" : "good") },
    { title: "规则 rule", of: (c) => `${c.group} · ${c.rule}` },
    { title: "实际 found", of: (c) => c.detail },
  ], checks).node);
}

function showIndicators() {
  const changes = Object.fromEntries((DATA.comparison ? DATA.comparison.indicators : []).map((one) => [one.name, one]));
  const isRate = (name) => name !== "mrr" && name !== "ece";
  const say = (name, value) => (value === null ? "–" : isRate(name) ? percent(value) : value.toFixed(3));
  const bar = (r) => {
    const box = make("div", [make("i"), make("b")], "bar");
    box.children[0].style.width = 100 * r.value + "%";
    box.children[1].style.left = 100 * r.low + "%";
    box.children[1].style.width = Math.max(0.4, 100 * (r.high - r.low)) + "%";
    return box;
  };
  const rows = Object.entries(DATA.indicators).map(([name, ratio]) => ({ name, ratio, change: changes[name] }));
  const columns = [
    { title: "指标", of: (r) => make("span", [`${DATA.names[r.name]} `, make("small", r.name)]) },
    { title: "值", number: true, of: (r) => make("b", say(r.name, r.ratio.value)) },
    { title: "", of: (r) => bar(r.ratio) },
    { title: "95 % 区间", number: true, of: (r) => `${say(r.name, r.ratio.low)} – ${say(r.name, r.ratio.high)}` },
    { title: "分子 / 分母", number: true, of: (r) => `${+r.ratio.numerator.toFixed(1)} / ${r.ratio.denominator}` },
  ];
  if (DATA.comparison) {
    columns.push(
      { title: "基线", number: true, of: (r) => (r.change ? say(r.name, r.change.old) : "–") },
      { title: "变化", number: true, of: (r) => delta(r.name, r.change, isRate(r.name)) },
      { title: "p", number: true, of: (r) => (r.change && r.change.p !== null ? `${r.change.p.toPrecision(2)} ${r.change.test}` : "–") },
    );
  }
  put("indicators", table(columns, rows).node);
}

function delta(name, change, isRate) {
  if (!change || change.gain === null) return "–";
  const moved = change.new - change.old;
  const text = (moved > 0 ? "+" : moved < 0 ? "−" : "±") + Math.abs(isRate ? 100 * moved : moved).toFixed(isRate ? 1 : 3);
  return make("span", text, change.gain > 1e-9 ? "good" : change.gain < -1e-9 ? "bad" : "");
}

function showConfusions() {
  put("confusions", table([
    { title: "期望 expected", of: (p) => titleOf(p.expected) },
    { title: "得到 got", of: (p) => titleOf(p.got) },
    { title: "用例", number: true, of: (p) => p.count },
    { title: "答出", number: true, of: (p) => p.answered },
  ], DATA.confusions.slice(0, 300), { sortable: true }).node);
}

function showMoved() {
  if (!DATA.comparison) return;
  document.getElementById("moved-section").hidden = false;
  const c = DATA.comparison;
  const differs = Object.entries(c.versions).map(([name, [old, now]]) => `${name} ${old} → ${now}`).join("；");
  put("changes", make("p", `共同用例 ${c.shared} 条，新增 ${c.added}，移除 ${c.removed}。` + (differs ? `不同之处：${differs}` : "")));
  const key = (m) => `${m.text}\u0000${m.expected}`;
  const newlyWrong = new Set(c.newly_wrong.map(key));
  const lost = new Set(c.lost.map(key));
  const rows = [
    ...c.lost.map((m) => ({ ...m, what: newlyWrong.has(key(m)) ? "对 → 答错" : "对 → 没答" })),
    ...c.newly_wrong.filter((m) => !lost.has(key(m))).map((m) => ({ ...m, what: "没答 → 答错" })),
    ...c.gained.map((m) => ({ ...m, what: "错 → 对" })),
  ];
  put("moved", table([
    { title: "变化 change", of: (m) => make("span", m.what, m.what === "错 → 对" ? "good" : "bad") },
    { title: "消息 message", of: (m) => m.text },
    { title: "期望 expected", of: (m) => titleOf(m.expected) },
    { title: "基线 old", of: (m) => m.before },
    { title: "现在 new", of: (m) => m.now },
    { title: "置信度", number: true, of: (m) => m.confidence.toFixed(2) },
  ], rows, { sortable: true, empty: "没有用例改变 no case changed sides" }).node);
}

function showFaqs() {
  const rate = (value) => percent(value, 0);
  const view = table([
    { title: "编号 id", of: (f) => f.id, className: "id" },
    { title: "标准问 question", of: (f) => f.question },
    { title: "分类", of: (f) => f.category },
    { title: "用例", number: true, of: (f) => f.cases },
    { title: "解决", number: true, of: (f) => f.resolved },
    { title: "解决率", number: true, of: (f) => rate(f.resolution_rate), value: (f) => f.resolution_rate },
    { title: "首位", number: true, of: (f) => f.first },
    { title: "被答", number: true, of: (f) => f.answers },
    { title: "准确率", number: true, of: (f) => rate(f.precision), value: (f) => f.precision },
  ], DATA.faqs, { sortable: true });
  put("faqs", view.node);
  const filter = document.getElementById("faq-filter");
  const wrong = document.getElementById("faq-wrong");
  const update = () => {
    const word = filter.value.trim().toLowerCase();
    const shown = DATA.faqs.filter((f) => `${f.id} ${f.question} ${f.category}`.toLowerCase().includes(word))
      .filter((f) => !wrong.checked || f.resolved < f.cases || f.resolved < f.answers);
    document.getElementById("faq-count").textContent = `${shown.length} / ${DATA.faqs.length}`;
    view.update(shown);
  };
  filter.addEventListener("input", update);
  wrong.addEventListener("change", update);
  update();
  view.sortBy(5);
  view.sortBy(5); // the least resolved first
}

function showErrors() {
  const kinds = [
    ["全部 all", () => true],
    ["答错了 answered wrongly", (e) => e.kind === "answer"],
    ["该答没答 not answered", (e) => e.expect.faq_id && e.kind !== "answer" && e.dialogue === undefined],
    ["对话 dialogues", (e) => e.dialogue !== undefined],
  ];
  const choice = document.getElementById("error-kind");
  choice.replaceChildren(...kinds.map(([label, holds], i) => {
    const option = make("option", `${label}（${DATA.errors.filter(holds).length}）`);
    option.value = i;
    return option;
  }));
  const filter = document.getElementById("error-filter");
  const words = (e) => [e.text, e.faq_id, JSON.stringify(e.expect), ...(e.tags || []), e.dialogue].join(" ").toLowerCase();
  let most = 50;
  const update = () => {
    const holds = kinds[Number(choice.value)][1];
    const word = filter.value.trim().toLowerCase();
    const found = DATA.errors.filter((e) => holds(e) && words(e).includes(word)).sort((a, b) => sureOf(b) - sureOf(a));
    document.getElementById("error-count").textContent = `${found.length} / ${DATA.errors.length}，把握大的在前 surest first`;
    const nodes = found.slice(0, most).map(errorNode);
    if (found.length > most) {
      const more = make("button", `再显示一些 show more（还有 ${found.length - most}）`);
      more.addEventListener("click", () => { most += 100; update(); });
      nodes.push(more);
    }
    put("errors", ...(nodes.length ? nodes : [make("p", "没有 none")]));
  };
  filter.addEventListener("input", update);
  choice.addEventListener("change", update);
  update();
}

function sureOf(e) {
  const top = e.trace && e.trace.candidates[0];
  return (e.kind === "answer" ? 1 : 0) + (top ? top.confidence : 0);
}

function wanted(e) {
  if (e.dialogue !== undefined) return Object.entries(e.expect).map(([name, value]) => `${name} ${[value].flat().join(" / ")}`).join("，");
  return titleOf(e.expect.faq_id || e.expect.intent || "out_of_scope");
}

function errorNode(e) {
  const title = make("p", e.text, "text");
  if (e.dialogue !== undefined) title.append(make("span", `对话 ${e.dialogue} 第 ${e.turn} 轮`, "tag"));
  (e.tags || []).forEach((tag) => title.append(make("span", tag, "tag")));
  const got = e.faq_id ? `${e.kind} ${titleOf(e.faq_id)}` : [e.kind, e.slot, e.order_id].filter(Boolean).join(" ");
  const rank = e.expect.faq_id && e.dialogue === undefined ? `，期望的排在第 ${e.rank || "10 名之后"}` : "";
  const node = make("div", [
    title,
    make("p", [make("small", "期望 "), wanted(e), make("small", "　得到 "), got,
      make("small", `　规则 ${e.trace ? e.trace.rule : "–"}${rank}`)]),
  ], "error" + (e.kind === "answer" ? " answered" : ""));
  const candidates = e.trace ? e.trace.candidates.slice(0, 5) : [];
  if (candidates.length) {
    const wantedIds = [e.expect.faq_id].flat();
    node.append(table([
      { title: "候选 candidate", of: (c) => c.faq_id, className: "id" },
      { title: "标准问 question", of: (c) => c.question },
      { title: "命中问法 matched", of: (c) => c.matched },
      { title: "相似度", number: true, of: (c) => c.score.toFixed(3) },
      { title: "置信度", number: true, of: (c) => c.confidence.toFixed(3) },
    ], candidates, { rowClass: (c) => (wantedIds.includes(c.faq_id) ? "expected" : c.faq_id === e.faq_id ? "chosen" : "") }).node);
  }
  return node;
}

showHead();
showGate();
showIndicators();
showConfusions();
showMoved();
showFaqs();
showErrors();
drawCurve();
drawReliability();
drawHeatmap();
