// How a sample and a response look, in cards and in detail; the same for one run and for two side by side.
const KINDS = {
  CORRECT: ["right", "✓", "correct"],
  PARTIAL: ["partial", "◐", "partly correct"],
  INCORRECT: ["wrong", "✗", "wrong"],
  NO_ANSWER: ["none", "∅", "no answer"],
};

const TRAITS = {
  unparsed: "no answer that the rule could read",
  refused: "says that it gives no answer",
  hedged: "names several answers",
  fallback: "scored by a guess of the rule",
  truncated: "cut off",
  empty: "empty",
};

const kindOf = (status) => KINDS[status] || ["unscored", "?", status.toLowerCase().replaceAll("_", " ")];

const badge = (item) => {
  const [kind, sign, name] = kindOf(item.status);
  const score = item.status === "PARTIAL" ? ` ${item.score.toFixed(2)}` : "";
  const title = kind === "unscored" ? "not scored: a failure of ours, counted and left out of the accuracy" : null;
  return el("span", { class: `badge ${kind}`, title }, el("span", { "aria-hidden": "true" }, sign), name + score);
};

const plainText = (pieces) => pieces.filter(([kind]) => kind !== "cut").map(([, text]) => text).join("");

const words = (pieces) =>
  pieces.map(([kind, text]) => {
    if (kind === "answer") return el("mark", { title: "the extracted answer" }, text);
    if (kind === "cut") return el("span", { class: "cut" }, `… ${text} …`);
    return text;
  });

const isPicture = (address) => typeof address === "string" && /^data:image\/(png|jpeg|webp);base64,/.test(address);

const picture = (digest, sample, pictures, described) => {
  if (isPicture(pictures[digest])) return el("img", { class: "picture", src: pictures[digest], alt: described });
  const why = (sample.unreadable || {})[digest];
  return el("p", { class: "no-picture" }, why ? `${why[0].toUpperCase()}${why.slice(1)}` : "The picture is not on this page");
};

const promptView = (sample, pictures) => {
  if (!sample.prompt.length) {
    const shown = sample.pictures.map((digest, place) => picture(digest, sample, pictures, `picture ${place + 1}`));
    return [shown, el("p", { class: "words", dir: "auto" }, words(sample.question))];
  }
  let place = 0;
  return sample.prompt.map(([role, parts]) => [
    sample.prompt.length > 1 || role !== "user" ? el("h3", {}, role) : null,
    parts.map(([kind, value]) => {
      if (kind !== "picture") return el("p", { class: "words", dir: "auto" }, words(value));
      place += 1;
      return picture(value, sample, pictures, `picture ${place}`);
    }),
  ]);
};

const choicesView = (sample, items) => {
  if (!sample.choices.length) return null;
  const rows = sample.choices.map(([label, text]) => {
    const by = items.filter(([, item]) => item.picked === label).map(([name]) => name);
    const gold = sample.gold === label;
    const notes = [gold ? "the answer" : "", by.length ? `picked${by.some(Boolean) ? ` by ${by.join(", ")}` : ""}` : ""];
    const kind = gold ? "gold" : by.length ? "missed" : "";
    return el(
      "li", { class: kind },
      el("b", {}, label), el("span", { class: "words", dir: "auto" }, words(text)),
      el("small", {}, notes.filter(Boolean).join(", ")),
    );
  });
  return [el("h3", {}, "Options"), el("ul", { class: "choices" }, rows)];
};

// Reasoning is folded; what a model wrote after its own turn too.
const responseView = (item) => {
  if (!item.response.length) return el("p", { class: "muted" }, "The response is empty.");
  const parts = [];
  for (const piece of item.response) {
    const folded = piece[0] === "reasoning" || piece[0] === "after" ? piece[0] : "";
    const last = parts.at(-1);
    const joins = last && (last.folded === folded || (piece[0] === "cut" && last.folded));
    if (joins) last.pieces.push(piece);
    else parts.push({ folded, pieces: [piece] });
  }
  return parts.map(({ folded, pieces }) => {
    const text = el("p", { class: "words response", dir: "auto" }, words(pieces));
    if (!folded) return text;
    const name = folded === "reasoning" ? "Reasoning" : "After the end of the turn";
    const length = grouped(plainText(pieces).length);
    return el("details", {}, el("summary", {}, `${name} (${length} characters shown)`), el("div", { class: "aside" }, text));
  });
};

const verdictView = (sample, item) => {
  const rows = [
    ["verdict", [badge(item), item.score === null || item.score === undefined ? "" : ` score ${+item.score.toFixed(4)}`]],
    ["why", item.reason],
    ["extracted", item.extracted === null ? el("span", { class: "muted" }, "nothing") : el("code", { class: "words", dir: "auto" }, item.extracted)],
    ["answer", [el("code", { class: "words", dir: "auto" }, sample.answer), sample.unit ? ` (${sample.unit})` : ""]],
    ["official", "official" in item ? (item.official ? "correct" : "wrong") + (item.official === (item.status === "CORRECT") ? "" : ", so we differ") : null],
    ["judge", item.judged ? `${kindOf(item.judged[0])[2]}: ${item.judged[1]}` : null],
    ["found by", item.found || null],
    ["settled by", item.rule || null],
    ["remarks", [...(item.traits || []).map((trait) => TRAITS[trait]), ...(item.flags || [])].join(", ") || null],
    ["verifier", item.verifier || null],
    ["length", item.length === undefined ? null : `${grouped(item.length)} characters${item.tokens === null ? "" : `, ${grouped(item.tokens)} tokens`}${item.finish === "length" ? ", cut off at the limit" : ""}`],
    ...(item.others || []).map(([verifier, status, score, reason]) => [verifier, `${status}${score === null ? "" : ` ${+score.toFixed(4)}`}: ${reason}`]),
  ];
  return el("dl", { class: "verdict" }, rows.filter(([, value]) => value !== null).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
};

const tagsView = (sample) =>
  el("ul", { class: "chips" }, Object.entries(sample.tags).map(([key, values]) => el("li", {}, el("span", {}, `${key} `), values.join(", "))));

const firstPicture = (sample, pictures) => {
  const digest = sample.pictures.find((each) => isPicture(pictures[each]));
  if (digest) return el("figure", {}, el("img", { src: pictures[digest], alt: "", loading: "lazy", decoding: "async" }));
  if (!sample.pictures.length) return null;
  return el("figure", { class: "empty" }, "picture not on this page");
};
