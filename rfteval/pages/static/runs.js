// Sorting and filtering of the list of runs; choosing two of them works without it.
const table = document.getElementById("runs");

if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const numbers = new Set(["accuracy", "scored", "unscored", "time"]);
  const order = (key, up) => (one, other) => {
    const [a, b] = [one.dataset[key], other.dataset[key]];
    return (up ? 1 : -1) * (numbers.has(key) ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true }));
  };

  for (const button of table.tHead.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const key = button.dataset.sort;
      const up = head.ariaSort === "none" ? !numbers.has(key) : head.ariaSort === "descending";
      for (const other of table.tHead.querySelectorAll("th[aria-sort]")) other.ariaSort = "none";
      head.ariaSort = up ? "ascending" : "descending";
      body.append(...rows.sort(order(key, up)));
    });
  }

  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = Object.values(row.dataset).join(" ").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    document.getElementById("shown").textContent = `${grouped(rows.filter((row) => !row.hidden).length)} runs`;
  });

  const compare = document.getElementById("compare");
  const chosen = (name) => table.querySelector(`input[name="${name}"]:checked`);
  const ready = () => {
    compare.disabled = !chosen("a") || !chosen("b") || chosen("a").value === chosen("b").value;
  };
  table.addEventListener("change", ready);
  addEventListener("pageshow", ready);
  ready();
}
