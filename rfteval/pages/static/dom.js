// Elements from data. Every text becomes a text node: nothing here, or in any script of ours, makes markup of a text.
const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
};

const block = (name) => JSON.parse(document.getElementById(`data-${name}`).textContent);

const grouped = (number) => number.toLocaleString("en-US").replaceAll(",", "\u202f");

// The state of a page lives in its address, so that what is seen can be sent to somebody: "#status=INCORRECT&q=area".
const readState = () => {
  const text = location.hash.slice(1);
  return new URLSearchParams(text.includes("=") ? text : "");
};

const stateLink = (changes) => {
  const state = readState();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") state.delete(name);
    else state.set(name, value);
  }
  return `#${state}`;
};

const writeState = (changes) => {
  history.replaceState(null, "", stateLink(changes) === "#" ? "#samples" : stateLink(changes));
};
