"use strict";
(() => {
  document.documentElement.classList.add("js");
  const one = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const form = one("#filter");

  // A closed block opens for whoever follows a link into it, and on paper.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (form && target.closest("[hidden]")) form.reset();
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const e of closed) e.open = true;
  });
  addEventListener("afterprint", () => { for (const e of closed) e.open = false; });
  if (!form) { reveal(); return; }

  const OPENED = 300; // findings that a search opens; the rest waits behind its headings
  const { q, path, rule } = form.elements;
  const boxes = all("input[type=checkbox]", form);
  const shown = one("#shown");
  const low = (element) => element.textContent.toLowerCase();
  const blocks = all(".rule").map((element) => ({
    element, open: element.open, code: one("code", element).textContent,
    head: low(one("summary", element)),
    said: all("dl", element).map((e) => ({
      element: e, impact: e.className || element.classList[1], context: e.dataset.c || "live", text: null,
      files: all("dd:not([class])", e).map((dd) => ({
        element: dd, n: +(dd.dataset.n || 1), path: dd.firstChild.textContent, text: null,
      })),
    })),
  }));
  let total = 0;
  const folders = new Set();
  for (const b of blocks) for (const s of b.said) for (const f of s.files) {
    total += f.n;
    folders.add(f.path);
    if (f.path.includes("/")) folders.add(f.path.slice(0, f.path.lastIndexOf("/") + 1));
  }
  const names = new Map(blocks.map((b) => [b.code, one("h4", b.element).textContent]));
  for (const [code, name] of [...names].sort()) rule.add(new Option(name, code));
  for (const name of [...folders].sort().slice(0, 400)) one("#paths").append(new Option(name, name));
  const words = (n) => `${n.toLocaleString("en")} of ${total.toLocaleString("en")} findings`;

  const apply = () => {
    const terms = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const where = path.value.toLowerCase();
    const on = new Set(boxes.filter((b) => b.checked).map((b) => `${b.name} ${b.value}`));
    const searching = terms.length > 0 || where !== "" || rule.value !== "";
    let found = 0;
    for (const b of blocks) {
      let mine = 0;
      for (const s of b.said) {
        let here = 0;
        if ((!rule.value || rule.value === b.code) && on.has(`impact ${s.impact}`) && on.has(`context ${s.context}`)) {
          if (terms.length) s.text ??= b.head + " " + all("dt, dd[class]", s.element).map(low).join(" ");
          const left = terms.filter((t) => !s.text.includes(t));
          for (const f of s.files) {
            if (left.length) f.text ??= low(f.element);
            const fits = f.path.toLowerCase().includes(where) && left.every((t) => f.text.includes(t));
            if (f.element.hidden === fits) f.element.hidden = !fits;
            if (fits) here += f.n;
          }
        }
        if (s.element.hidden !== !here) s.element.hidden = !here;
        mine += here;
      }
      found += mine;
      if (b.element.hidden !== !mine) b.element.hidden = !mine;
      const open = searching ? mine > 0 && found <= OPENED : b.open;
      if (b.element.open !== open) b.element.open = open;
    }
    shown.textContent = words(found);
  };

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  form.addEventListener("reset", () => setTimeout(apply, 0));
  const heat = one("svg.heat");
  if (heat) heat.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-p]");
    if (!tile) return;
    const title = one("title", tile).textContent; // "path: 12 lines, …"
    path.value = title.slice(0, title.lastIndexOf(": "));
    apply();
    one("#findings").scrollIntoView();
  });

  const step = (by) => {
    const heads = blocks.filter((b) => !b.element.hidden).map((b) => one("summary", b.element));
    const at = heads.indexOf(document.activeElement?.closest?.(".rule > summary") ?? null);
    const next = heads[at < 0 ? (by > 0 ? 0 : heads.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "center" }); }
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (event.key === "Escape" && form.contains(event.target)) form.reset();
    else if (typing) return;
    else if (event.key === "/") { event.preventDefault(); q.focus(); form.scrollIntoView({ block: "nearest" }); }
    else if (event.key === "n") step(1);
    else if (event.key === "p") step(-1);
  });
  form.hidden = false;
  shown.textContent = words(total);
  reveal();
})();
