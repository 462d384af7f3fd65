// Stored rollouts of a training run, one step at a time, every token with its advantage.
const groups = block("rollouts");
const steps = [...new Set(groups.map((group) => group.step))];
const mount = document.getElementById("rollouts-mount");

const written = (value, digits = 3) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const signed = (value) => (value > 0 ? "+" : "") + written(value).replace("-", "\u2212");

const advantageAt = (rollout, place) => (rollout.advantages.length === 1 ? rollout.advantages[0] : rollout.advantages[place]);

// The strongest colour is the largest advantage on the page, so that steps can be told apart.
const largest = Math.max(...groups.flatMap((group) => group.rollouts.flatMap((each) => each.advantages.map((value) => Math.abs(value || 0)))), 1e-9);
const RARE = [0.5, 1, 2, 4]; // nats of surprise

const COLOURS = {
  advantage: (rollout, place) => {
    const value = advantageAt(rollout, place);
    return value ? `${value > 0 ? "up" : "down"}-${Math.max(Math.ceil((4 * Math.abs(value)) / largest), 1)}` : null;
  },
  probability: (rollout, place) => {
    const value = rollout.logprobs[place];
    const level = value === null || value === undefined ? 0 : RARE.filter((limit) => -value >= limit).length;
    return level ? `rare-${level}` : null;
  },
};

const token = (rollout, text, place, colour) => {
  const advantage = advantageAt(rollout, place);
  const title = `advantage ${advantage === undefined ? "–" : signed(advantage)}, log-probability ${written(rollout.logprobs[place])}`;
  return el("span", { class: COLOURS[colour](rollout, place), title }, text);
};

const oneAdvantage = (rollout) => {
  if (!rollout.advantages.length) return "no update";
  return rollout.advantages.length === 1 ? signed(rollout.advantages[0]) : "by token";
};

const rolloutView = (rollout, colour) => {
  const reward = rollout.reward === null ? el("dd", { class: "unscored", title: rollout.reason }, "unscored") : el("dd", {}, written(rollout.reward));
  return el("div", { class: "rollout" },
    el("div", {},
      el("dl", {},
        el("dt", {}, "reward"), reward,
        el("dt", {}, "advantage"), el("dd", {}, oneAdvantage(rollout)),
        rollout.components.map(([name, score]) => [el("dt", {}, name), el("dd", {}, score === null ? "unscored" : written(score))]),
        rollout.truncated ? [el("dt", {}, "ended"), el("dd", {}, "cut off")] : null,
        rollout.noisy ? [el("dt", {}, "picture"), el("dd", {}, "noisy")] : null),
      el("details", {}, el("summary", {}, "verdicts"),
        rollout.reason ? el("p", { dir: "auto" }, rollout.reason) : null,
        rollout.verdicts.map(([verifier, status, extracted, reason]) =>
          el("p", { dir: "auto" }, `${verifier}: ${status.toLowerCase().replaceAll("_", " ")}${extracted ? ` (${extracted})` : ""}${reason ? `: ${reason}` : ""}`)))),
    el("p", { class: "words tokens", dir: "auto", tabindex: "0" },
      rollout.tokens.map((text, place) => token(rollout, text, place, colour)),
      rollout.left ? ` … ${grouped(rollout.left)} tokens left out …` : null));
};

const groupView = (group, colour) =>
  el("article", { class: "panel group" },
    el("header", {}, el("h3", {}, group.id), el("span", { class: "muted" }, "answer ", el("b", { dir: "auto" }, group.answer))),
    el("p", { class: "words question", dir: "auto" }, group.question),
    group.tags.length ? el("ul", { class: "chips" }, group.tags.map(([key, value]) => el("li", {}, el("span", {}, `${key} `), value))) : null,
    [...group.rollouts].sort((a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity)).map((rollout) => rolloutView(rollout, colour)));

const key = (colour) => {
  if (colour === "advantage" && largest < 1e-6) return null;
  const marks = colour === "advantage" ? ["down-4", "down-2", "down-1", "up-1", "up-2", "up-4"] : ["rare-1", "rare-2", "rare-3", "rare-4"];
  const [left, right] = colour === "advantage" ? [`\u2212${largest.toFixed(2)}`, `+${largest.toFixed(2)}`] : ["likely", "rare"];
  return el("span", { class: "scale-key" }, left, marks.map((mark) => el("i", { class: mark }, "a")), right);
};

const draw = () => {
  const state = readState();
  const step = steps.includes(Number(state.get("step"))) ? Number(state.get("step")) : steps[steps.length - 1];
  const colour = Object.hasOwn(COLOURS, state.get("colour")) ? state.get("colour") : "advantage";
  const place = steps.indexOf(step);
  const go = (changes) => {
    writeState(changes);
    draw();
  };
  const move = (label, by) =>
    el("button", { type: "button", disabled: !(place + by in steps), onclick: () => go({ step: steps[place + by] }) }, label);
  const choice = (label, name, options, chosen) =>
    el("label", {}, label, el("select", { "aria-label": label, onchange: (event) => go({ [name]: event.target.value }) },
      options.map(([value, text]) => el("option", { value, selected: value === chosen }, text))));
  mount.replaceChildren(
    el("div", { class: "controls" },
      move("Earlier", -1), choice("step", "step", steps.map((each) => [each, String(each)]), step), move("Later", 1),
      choice("colour by", "colour", [["advantage", "advantage"], ["probability", "log-probability"]], colour),
      key(colour)),
    ...groups.filter((group) => group.step === step).map((group) => groupView(group, colour)));
};

if (steps.length) {
  draw();
  addEventListener("hashchange", draw);
}
