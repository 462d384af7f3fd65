// The samples of one run.
const { samples, items, pictures } = block("gallery");
const groupsOf = block("groups");

const entries = items.map((item) => ({ key: `${samples[item.sample].id}.${item.index}`, id: samples[item.sample].id, index: item.index, item, sample: samples[item.sample] }));
const many = entries.some((entry) => entry.index > 0);

const counted = (options) =>
  options.map((option) => ({ ...option, count: entries.filter(option.has).length })).filter((option) => option.count > 0);

const statuses = counted([...new Set([...Object.keys(KINDS), ...items.map((item) => item.status)])].map((status) => {
  const [kind, , name] = kindOf(status);
  return { value: status, label: name, kind, has: (entry) => entry.item.status === status };
}));

const tagged = counted(Object.entries(groupsOf).flatMap(([key, values]) => values.map((value) => ({
  value: `${key}:${value}`, label: value, group: key, has: (entry) => (entry.sample.tags[key] || []).includes(value),
}))));

const remarks = counted([
  { value: "differs", label: "differs from the official verdict", has: ({ item }) => "official" in item && item.official !== (item.status === "CORRECT") },
  ...Object.entries(TRAITS).map(([trait, label]) => ({ value: `trait:${trait}`, label, has: ({ item }) => item.traits.includes(trait) })),
  ...[...new Set(items.flatMap((item) => item.flags || []))].sort().map((flag) => ({
    value: `flag:${flag}`, label: flag, has: ({ item }) => (item.flags || []).includes(flag),
  })),
]);

const card = ({ id, index, item, sample }) =>
  el("a", { class: "card", href: stateLink({ sample: id, index: index || null }) },
    firstPicture(sample, pictures),
    el("div", { class: "inside" },
      el("div", { class: "top" }, badge(item), el("span", { class: "id" }, many ? `${id} · ${index}` : id)),
      el("p", { class: "question", dir: "auto" }, plainText(sample.question)),
      el("dl", { class: "said" },
        el("dt", {}, "said"), el("dd", { dir: "auto" }, item.extracted === null ? "–" : item.extracted),
        el("dt", {}, "answer"), el("dd", { dir: "auto" }, sample.answer))));

const siblings = (entry) => {
  const all = entries.filter((other) => other.id === entry.id);
  if (all.length < 2) return null;
  return el("p", { class: "others" }, all.map((other) =>
    el("a", { href: stateLink({ sample: other.id, index: other.index || null }), "aria-current": other === entry ? "true" : null },
      `${kindOf(other.item.status)[1]} response ${other.index}`)));
};

gallery({
  mount: document.getElementById("gallery-mount"),
  entries,
  what: many ? "responses" : "samples",
  facets: [
    { name: "status", label: "Verdict", toggles: true, options: statuses },
    { name: "tag", label: "All groups", options: tagged },
    { name: "mark", label: "Any remark", options: remarks },
  ],
  sorts: [
    { value: "", label: "In the benchmark's order" },
    { value: "long", label: "Longest response first", by: (entry) => -(entry.item.length || 0) },
    { value: "short", label: "Shortest response first", by: (entry) => entry.item.length || 0 },
  ],
  haystack: ({ id, item, sample }) => [id, plainText(sample.question), sample.answer, item.extracted || "", item.reason, plainText(item.response), sample.choices.map(([, text]) => plainText(text)).join(" ")].join("\n"),
  card,
  titleOf: ({ id, index }) => (many ? `Sample ${id}, response ${index}` : `Sample ${id}`),
  detail: (entry) => [
    el("div", { class: "sides" },
      el("div", {}, promptView(entry.sample, pictures), choicesView(entry.sample, [["", entry.item]]), el("h3", {}, "Groups"), tagsView(entry.sample)),
      el("div", {}, siblings(entry), verdictView(entry.sample, entry.item), el("h3", {}, "Response"), responseView(entry.item)))],
});
