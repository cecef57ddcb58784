// Shows and hides what the page already holds: one detail, one step, drawing or table.
(() => {
  "use strict";
  const one = (id) => document.getElementById(id);
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const { steps, starts, first } = JSON.parse(one("xr-data").textContent);
  const drawing = one("xr-drawing"), table = one("xr-table"), status = one("xr-status");
  const range = one("xr-range"), play = one("xr-play");
  const places = new Map(); // id → every element that stands for it: in both drawings, the tables, the remarks
  for (const element of all("[data-id]")) {
    const id = element.dataset.id;
    if (!places.has(id)) places.set(id, []);
    places.get(id).push(element);
  }
  let shown = null, held = null, at = 0, timer = null;
  document.body.classList.add("xr-live");

  function show(id) {
    const detail = one("d-" + id);
    if (!detail || id === shown) return;
    all(".xr-detail.xr-open, .xr-detail .xr-pinned").forEach((e) => e.classList.remove("xr-open", "xr-pinned"));
    all(".xr-shown").forEach((e) => e.classList.remove("xr-shown"));
    detail.classList.add("xr-open");
    (places.get(id) || []).forEach((e) => e.classList.add("xr-shown"));
    all(".xr-none").forEach((e) => { e.hidden = true; });
    shown = id;
  }

  function hold(id) {
    held = held === id ? null : id;
    if (held) show(held);
    all(".xr-pinned").forEach((e) => e.classList.remove("xr-pinned"));
    if (held) one("d-" + held).querySelector("h3").classList.add("xr-pinned");
    status.textContent = held ? "Held: " + one("d-" + held).querySelector("h3").textContent : "Let go";
    if (held) { // on a small screen it opens below what is in view
      const top = one("d-" + held).getBoundingClientRect().top;
      if (top < 0 || top > innerHeight - 120) one("xr-inspector").scrollIntoView({ block: "nearest" });
    }
  }

  function bring(id) { // what a step is about into the middle of a drawing that is larger than its frame
    const frame = drawing.querySelector(".xr-scroll"), f = frame.getBoundingClientRect();
    const mark = (places.get(id) || []).find((e) => frame.contains(e) && e.getClientRects().length);
    if (!mark) return;
    const m = mark.getBoundingClientRect();
    if (m.left < f.left + 40 || m.right > f.right - 40) frame.scrollLeft += (m.left + m.right - f.left - f.right) / 2;
    const low = Math.max(Math.min(f.bottom, innerHeight), f.top + 120); // of the frame, what the window shows
    if (m.top < f.top + 40 || m.bottom > low - 20) frame.scrollTop += (m.top + m.bottom - f.top - low) / 2;
  }

  for (const link of all(".xr-graph a, .xr-out a")) {
    const id = link.dataset.id;
    link.addEventListener("pointerenter", () => { if (!held) show(id); });
    link.addEventListener("focus", () => { if (!held) show(id); });
    link.addEventListener("click", (event) => { event.preventDefault(); hold(id); });
  }
  for (const graph of all(".xr-graph")) {
    const links = all("a", graph);
    graph.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const now = links.indexOf(document.activeElement);
      if (!move || now < 0) return;
      event.preventDefault();
      links[(now + move + links.length) % links.length].focus();
    });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && held) hold(held); });

  function go(to) {
    at = Math.max(0, Math.min(steps.length, to));
    all(".f-done, .b-done, .f-now, .b-now, .xr-now").forEach((e) =>
      e.classList.remove("f-done", "b-done", "f-now", "b-now", "xr-now"));
    drawing.classList.toggle("xr-stepping", at > 0);
    const mark = (id, ...names) => (places.get(id) || []).forEach((e) => e.classList.add(...names));
    if (at > 0) starts.forEach((id) => mark(id, "f-done"));
    steps.slice(0, at).forEach((step, i) => {
      const letter = step.phase === "forward" ? "f" : "b", now = i === at - 1;
      mark(step.node, "f-done");
      if (now) mark(step.node, "xr-now");
      step.makes.forEach((id) => mark(id, letter + "-done", ...(now ? [letter + "-now"] : [])));
      if (step.phase === "backward" && (i === 0 || steps[i - 1].phase === "forward")) {
        all(".xr-edge").forEach((e) => { // the gradient of the result is given, not made
          if (!steps.some((s) => s.phase === "backward" && s.makes.includes(e.dataset.id))) e.classList.add("b-done");
        });
      }
    });
    all(".xr-steps li").forEach((item, i) => item.classList.toggle("xr-open", i === at - 1));
    one("xr-start").hidden = at > 0;
    range.value = String(at);
    const step = steps[at - 1];
    range.setAttribute("aria-valuetext", step ? at + " of " + steps.length + ": " + step.title : "all shown");
    one("xr-count").textContent = step ? at + " of " + steps.length : "all";
    one("xr-back").disabled = at === 0;
    one("xr-step").disabled = at === steps.length;
    status.textContent = step ? step.title + ". " + step.says : "Everything is shown.";
    if (step) bring(step.node);
    if (step && !held) show(step.makes[0] || step.node);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
  }

  play.addEventListener("click", () => {
    if (timer) return stop();
    if (at === steps.length) go(0);
    play.textContent = "❚❚ Pause";
    go(at + 1);
    timer = setInterval(() => { at < steps.length ? go(at + 1) : stop(); }, 1800);
  });
  one("xr-step").addEventListener("click", () => { stop(); go(at + 1); });
  one("xr-back").addEventListener("click", () => { stop(); go(at - 1); });
  all("[data-step]").forEach((button) => button.addEventListener("click", () => {
    stop();
    go(Number(button.dataset.step));
    one("xr-step").focus();
  }));
  range.addEventListener("input", () => { stop(); go(Number(range.value)); });

  function view(name) {
    for (const [other, part] of [["drawing", drawing.querySelector(".xr-scroll")], ["table", table]]) {
      part.hidden = other !== name;
      one("xr-view-" + other).setAttribute("aria-pressed", String(other === name));
    }
    all(".xr-columns, .xr-legend, .xr-controls").forEach((e) => { e.hidden = name === "table"; });
  }
  one("xr-view-drawing").addEventListener("click", () => view("drawing"));
  one("xr-view-table").addEventListener("click", () => view("table"));
  view("drawing");
  if (steps.length) go(0);
  else all(".xr-controls").forEach((e) => e.remove());
  if (first) show(first);
  const folded = all("main details:not([open])");
  addEventListener("beforeprint", () => folded.forEach((e) => { e.open = true; }));
})();
