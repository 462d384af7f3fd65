// A filterable, searchable list of entries, drawn as it is scrolled to, with a dialog for one of them.
// `entries` have a `key`; `facets` are {name, label, toggles, options: [{value, label, kind, has(entry)}]}.
const BATCH = 48;

const gallery = ({ mount, entries, facets, sorts, haystack, card, detail, titleOf, what }) => {
  const controls = el("div", { class: "controls", role: "search" });
  const found = el("p", { class: "found", role: "status", "aria-live": "polite" });
  const cards = el("div", { class: "cards" });
  const more = el("div", { class: "more", "aria-hidden": "true" });
  const dialog = el("dialog", { class: "detail", "aria-labelledby": "detail-title" });
  const texts = new Map();
  let shown = [];
  let drawn = 0;
  let opened = null;

  const textOf = (entry) => {
    if (!texts.has(entry.key)) texts.set(entry.key, haystack(entry).toLowerCase());
    return texts.get(entry.key);
  };

  const search = el("input", { type: "search", placeholder: "Search questions and responses  ( / )", "aria-label": "Search" });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change({ q: search.value.trim() }), 150);
  });
  controls.append(search);
  const widgets = facets.map((facet) => {
    const widget = facet.toggles ? toggles(facet, change) : choice(facet, change);
    return widget;
  });
  const order = choice({ name: "sort", label: sorts[0].label, options: sorts.slice(1) }, change);
  const clear = el("button", { type: "button", class: "clear", onclick: () => change(Object.fromEntries([...facets.map((f) => [f.name, null]), ["q", null], ["sort", null]])) }, "Clear filters");
  controls.append(...widgets.filter((widget) => !widget.wide).map((widget) => widget.node), order.node);
  controls.append(...widgets.filter((widget) => widget.wide).map((widget) => widget.node), clear);
  mount.append(controls, found, cards, more);
  document.body.append(dialog);

  function change(changes) {
    writeState(changes);
    apply();
  }

  function apply() {
    const state = readState();
    const wanted = (state.get("q") || "").toLowerCase();
    if (document.activeElement !== search) search.value = state.get("q") || "";
    for (const widget of widgets) widget.show(state.get(widget.name) || "");
    order.show(state.get("sort") || "");
    const tests = facets.map((facet) => {
      const values = (state.get(facet.name) || "").split(facet.toggles ? "," : "\u0000").filter(Boolean);
      const options = facet.options.filter((option) => values.includes(option.value));
      return values.length ? (entry) => options.some((option) => option.has(entry)) : null;
    }).filter(Boolean);
    shown = entries.filter((entry) => tests.every((test) => test(entry)) && (!wanted || textOf(entry).includes(wanted)));
    const sort = sorts.find((each) => each.value === state.get("sort"));
    if (sort && sort.by) shown = shown.map((entry) => [sort.by(entry), entry]).sort(([a], [b]) => a - b).map(([, entry]) => entry);
    found.textContent = shown.length === entries.length ? `${grouped(entries.length)} ${what}` : `${grouped(shown.length)} of ${grouped(entries.length)} ${what}`;
    clear.hidden = !tests.length && !wanted && !sort;
    cards.replaceChildren();
    drawn = 0;
    draw();
    open(state.get("sample"), state.get("index"));
  }

  function draw() {
    cards.append(...shown.slice(drawn, drawn + BATCH).map(card));
    drawn = Math.min(drawn + BATCH, shown.length);
    more.textContent = drawn < shown.length ? "…" : "";
  }

  function open(id, index) {
    const wanted = id === null ? null : entries.find((entry) => entry.key === `${id}.${index || 0}`);
    if (!wanted) {
      if (dialog.open) dialog.close();
      return;
    }
    if (opened === wanted && dialog.open) return;
    opened = wanted;
    const place = shown.indexOf(wanted);
    const step = (by) => el("button", { type: "button", "aria-label": by < 0 ? "Previous" : "Next", disabled: place < 0 || !shown[place + by], onclick: () => go(by) }, by < 0 ? "←" : "→");
    dialog.replaceChildren(
      el("header", {}, el("h2", { id: "detail-title" }, titleOf(wanted)),
        el("div", { class: "buttons" }, step(-1), step(1), el("button", { type: "button", onclick: () => dialog.close() }, "Close"))),
      ...detail(wanted),
    );
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  function go(by) {
    const next = shown[shown.indexOf(opened) + by];
    if (next) change({ sample: next.id, index: next.index || null });
  }

  dialog.addEventListener("close", () => {
    opened = null;
    if (readState().has("sample")) writeState({ sample: null, index: null });
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog.open && (event.key === "ArrowLeft" || event.key === "ArrowRight")) go(event.key === "ArrowLeft" ? -1 : 1);
    else if (!dialog.open && event.key === "/" && !["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  const follow = () => {
    apply();
    if (!dialog.open && location.hash.includes("=")) mount.parentElement.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  new IntersectionObserver((seen) => {
    if (seen.some((each) => each.isIntersecting) && drawn < shown.length) draw();
  }, { rootMargin: "800px" }).observe(more);
  follow();
};

// Buttons of which any number may be pressed; the values that are make one entry of the state.
const toggles = (facet, change) => {
  const buttons = facet.options.map((option) => {
    const button = el("button", { type: "button", class: "toggle", "aria-pressed": "false" },
      option.kind ? el("span", { class: `swatch ${option.kind}`, "aria-hidden": "true" }) : null, option.label, el("b", {}, grouped(option.count)));
    button.addEventListener("click", () => {
      const now = new Set((readState().get(facet.name) || "").split(",").filter(Boolean));
      if (!now.delete(option.value)) now.add(option.value);
      change({ [facet.name]: [...now].join(",") });
    });
    return [option.value, button];
  });
  return {
    name: facet.name,
    wide: true,
    node: el("div", { class: "toggles", role: "group", "aria-label": facet.label }, buttons.map(([, button]) => button)),
    show: (value) => buttons.forEach(([each, button]) => button.setAttribute("aria-pressed", String(value.split(",").includes(each)))),
  };
};

// A list to choose one from; options with a `group` stand under its name.
const choice = (facet, change) => {
  const select = el("select", { "aria-label": facet.label }, el("option", { value: "" }, facet.label));
  const groups = new Map();
  for (const option of facet.options) {
    const node = el("option", { value: option.value }, option.count === undefined ? option.label : `${option.label} (${grouped(option.count)})`);
    if (option.group && !groups.has(option.group)) {
      groups.set(option.group, el("optgroup", { label: option.group }));
      select.append(groups.get(option.group));
    }
    (option.group ? groups.get(option.group) : select).append(node);
  }
  select.addEventListener("change", () => change({ [facet.name]: select.value }));
  return { name: facet.name, node: facet.options.length ? select : "", show: (value) => { select.value = value; } };
};
