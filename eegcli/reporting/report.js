"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const groups = [];
  for (const row of [...body.rows]) row.className === "detail" ? groups[groups.length - 1].push(row) : groups.push([row]);
  const value = (group, column) => group[0].cells[column].textContent.trim();
  const number = (text) => { const found = parseFloat(text.replace(/,/g, "")); return Number.isNaN(found) ? -Infinity : found; };
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending", numeric = head.classList.contains("figure");
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keys = new Map(groups.map((group) => [group, numeric ? number(value(group, column)) : value(group, column)]));
    groups.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)], order = numeric ? (x === y ? 0 : x < y ? -1 : 1) : x.localeCompare(y, "en", { numeric: true });
      return up ? order : -order;
    });
    body.append(...groups.flat());
  }));
  body.addEventListener("click", (event) => {
    const button = event.target.closest("button.open");
    if (!button) return;
    const detail = button.closest("tr").nextElementSibling;
    detail.hidden = !detail.hidden;
    button.setAttribute("aria-expanded", String(!detail.hidden));
  });
  const filters = table.closest("section").querySelector(".filters");
  if (!filters) continue;
  const search = filters.querySelector("[data-search]"), selects = [...filters.querySelectorAll("select")], count = filters.querySelector("[data-count]");
  const apply = () => {
    const words = search.value.toLowerCase();
    let n = 0;
    for (const group of groups) {
      const fits = selects.every((one) => !one.value || value(group, Number(one.dataset.column)) === one.value);
      const shown = fits && group[0].textContent.toLowerCase().includes(words);
      group[0].hidden = !shown;
      n += shown;
    }
    count.textContent = `${n} of ${groups.length}`;
  };
  filters.addEventListener("input", apply);
  apply();
}
