// @ts-check
// The menus of what the locks can be narrowed to. The server rendered what there
// was; one that is opened asks anew.

import { get } from "./api.js";
import { number } from "./format.js";
import { fieldOf, find } from "./settings.js";
import { show } from "./visible.js";

/** @typedef {{value: string, count: number}} Facet */

/** @param {import("./filters.js").Filters} filters */
export function startFacets(filters) {
  const menus = [...document.querySelectorAll("details.facet")];
  for (const menu of menus) {
    menu.addEventListener("toggle", () => {
      if (!(menu instanceof HTMLDetailsElement) || !menu.open) return;
      for (const other of menus) if (other !== menu) other.removeAttribute("open");
      if (menu.id.startsWith("facet-")) void ask(filters);
    });
    menu.addEventListener("keydown", (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Escape" || !menu.hasAttribute("open")) return;
      event.preventDefault();
      menu.removeAttribute("open");
      find("summary", menu).focus();
    });
  }
  document.addEventListener("click", (event) => {
    for (const menu of menus) {
      const inside = event.target instanceof Node && menu.contains(event.target);
      if (!inside || (event.target instanceof Element && event.target.closest("a"))) menu.removeAttribute("open");
    }
  });
}

/** @param {import("./filters.js").Filters} filters */
async function ask(filters) {
  let found;
  try {
    found = await get(`locks/facets?${filters.query}`);
  } catch {
    return; // what the server rendered stays
  }
  fill("library", found.libraries, 0, filters);
  fill("owner", found.owners, found.moreOwners, filters);
}

/**
 * @param {"library"|"owner"} name
 * @param {Facet[]} facets
 * @param {number} more
 * @param {import("./filters.js").Filters} filters
 */
function fill(name, facets, more, filters) {
  const menu = find(`#facet-${name}`);
  const list = fieldOf("list", menu);
  const all = [{ value: "", count: 0 }, ...facets];
  // Nothing is to change under a pointer without need.
  const shown = [...list.children].map((link) => `${link.getAttribute("data-value")} ${link.querySelector(".chip-count")?.textContent ?? ""}`);
  if (shown.join("\n") === all.map(({ value, count }) => `${value} ${count ? number(count) : ""}`).join("\n")) return;
  list.replaceChildren(...all.map((facet) => {
    const link = document.createElement("a");
    link.href = filters.href({ [name]: facet.value });
    link.dataset.facet = name;
    link.dataset.value = facet.value;
    if (facet.value === filters.wanted[name]) link.setAttribute("aria-current", "true");
    const label = document.createElement("bdi");
    show(label, facet.value || `any ${name}`);
    link.append(label);
    if (facet.count) {
      const count = document.createElement("span");
      count.className = "chip-count";
      count.textContent = number(facet.count);
      link.append(count);
    }
    return link;
  }));
  const rest = fieldOf("more", menu);
  rest.hidden = more === 0;
  rest.textContent = `and ${number(more)} more: search for them`;
}
