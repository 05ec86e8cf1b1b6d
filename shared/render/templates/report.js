"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const findings = [...document.querySelectorAll(".finding")];
  const foldable = [...document.querySelectorAll("details")];

  // Without this script everything is open; with it, rows open one by one.
  for (const it of foldable) it.open = it.classList.contains("wide");

  const theme = byId("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const reveal = () => {
    const it = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    if (it && it.matches("details")) { it.hidden = false; it.open = true; it.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = foldable.filter((it) => !it.open);
    for (const it of closed) it.open = true;
  });
  addEventListener("afterprint", () => {
    for (const it of closed) it.open = false;
    closed = [];
  });

  const controls = byId("controls");
  if (controls) {
    controls.hidden = false;
    controls.addEventListener("submit", (event) => event.preventDefault());
    const search = byId("search");
    const shown = byId("shown");
    const all = shown.textContent;
    const chips = [...controls.querySelectorAll(".chip")];
    let texts = null;

    const filter = () => {
      const wanted = {};
      for (const chip of chips) {
        if (chip.getAttribute("aria-pressed") === "true") {
          (wanted[chip.dataset.group] ??= new Set()).add(chip.dataset.value);
        }
      }
      const groups = Object.entries(wanted);
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length) texts ??= findings.map((it) => it.textContent.toLowerCase());
      let count = 0;
      findings.forEach((it, at) => {
        const fits = groups.every(([group, values]) => values.has(it.dataset[group]))
          && words.every((word) => texts[at].includes(word));
        it.hidden = !fits;
        if (fits) count += Number(it.dataset.count);
      });
      shown.textContent = groups.length || words.length ? `${count} of ${all}` : all;
      byId("nothing").hidden = count > 0;
    };

    let waiting = 0;
    search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
    const expand = byId("expand");
    expand.addEventListener("click", () => {
      const open = expand.getAttribute("aria-pressed") !== "true";
      expand.setAttribute("aria-pressed", String(open));
      expand.textContent = open ? "Collapse all" : "Expand all";
      for (const it of findings) it.open = open;
    });
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && document.activeElement !== search) {
        event.preventDefault();
        search.focus();
      }
    });
  }
  reveal();
})();
