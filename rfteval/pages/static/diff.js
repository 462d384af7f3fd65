// Two runs, pair by pair.
const { samples, pairs, pictures } = block("pairs");
const groupsOf = block("groups");
const NAMES = { first: "only A is right", second: "only B is right", both: "both right", neither: "both wrong", unscored: "unscored in either" };
const COLOURS = { first: "line-1", second: "line-3", both: "right-soft", neither: "none", unscored: "unscored" };

const entries = pairs.map((pair) => ({ key: `${samples[pair.sample].id}.${pair.index}`, id: samples[pair.sample].id, index: pair.index, pair, sample: samples[pair.sample] }));
const counted = (options) =>
  options.map((option) => ({ ...option, count: entries.filter(option.has).length })).filter((option) => option.count > 0);

const kinds = counted(Object.entries(NAMES).map(([kind, label]) => ({ value: kind, label, kind: COLOURS[kind], has: ({ pair }) => pair.kind === kind })));
const tagged = counted(Object.entries(groupsOf).flatMap(([key, values]) => values.map((value) => ({
  value: `${key}:${value}`, label: value, group: key, has: ({ sample }) => (sample.tags[key] || []).includes(value),
}))));
const remarks = counted([
  { value: "flips", label: "flips: exactly one is right", has: ({ pair }) => pair.kind === "first" || pair.kind === "second" },
  { value: "same", label: "the same extracted answer", has: ({ pair }) => pair.first.extracted !== null && pair.first.extracted === pair.second.extracted },
  { value: "verdicts", label: "the same response, other verdicts", has: ({ pair }) => plainText(pair.first.response) === plainText(pair.second.response) && pair.first.status !== pair.second.status },
]);

const said = (letter, item) => [el("dt", {}, letter), el("dd", { dir: "auto" }, item.extracted === null ? "–" : item.extracted)];

const card = ({ id, index, pair, sample }) =>
  el("a", { class: "card", href: stateLink({ sample: id, index: index || null }) },
    firstPicture(sample, pictures),
    el("div", { class: "inside" },
      el("div", { class: "top" }, el("div", { class: "badges" }, badge(pair.first), badge(pair.second)), el("span", { class: "id" }, index ? `${id} · ${index}` : id)),
      el("p", { class: "question", dir: "auto" }, plainText(sample.question)),
      el("dl", { class: "said" }, said("A", pair.first), said("B", pair.second), el("dt", {}, "answer"), el("dd", { dir: "auto" }, sample.answer))));

const side = (letter, sample, item) =>
  el("div", {}, el("h3", {}, el("span", { class: `letter ${letter}` }, letter)), verdictView(sample, item), el("h3", {}, "Response"), responseView(item));

gallery({
  mount: document.getElementById("gallery-mount"),
  entries,
  what: "pairs",
  facets: [
    { name: "kind", label: "Who is right", toggles: true, options: kinds },
    { name: "tag", label: "All groups", options: tagged },
    { name: "mark", label: "All pairs", options: remarks },
  ],
  sorts: [
    { value: "", label: "In the benchmark's order" },
    { value: "longer", label: "B longer than A first", by: ({ pair }) => (pair.first.length || 0) - (pair.second.length || 0) },
    { value: "shorter", label: "B shorter than A first", by: ({ pair }) => (pair.second.length || 0) - (pair.first.length || 0) },
  ],
  haystack: ({ id, pair, sample }) => [id, plainText(sample.question), sample.answer, ...[pair.first, pair.second].flatMap((item) => [item.extracted || "", item.reason, plainText(item.response)])].join("\n"),
  card,
  titleOf: ({ id, index, pair }) => `Sample ${id}${index ? `, response ${index}` : ""}: ${NAMES[pair.kind]}`,
  detail: ({ pair, sample }) => [
    el("div", { class: "asked" },
      el("div", {}, promptView(sample, pictures)),
      el("div", {}, choicesView(sample, [["A", pair.first], ["B", pair.second]]), el("h3", {}, "Groups"), tagsView(sample))),
    el("div", { class: "two" }, side("A", sample, pair.first), side("B", sample, pair.second)),
  ],
});
