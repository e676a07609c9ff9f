// Package views renders the pages.
//
// It turns plain values (Page, LocksData, Lock, Node) into HTML and knows
// nobody else of the program: who serves it fills the values, the browser's
// modules in static/js bring the rendered page to life.
//
// What it promises:
//
//   - The first paint is complete. Every row, node and count stands in the
//     HTML, in the same words that the live page uses later.
//   - Markup exists once. The row of the table is one component; it is used
//     for the rows of the first paint and, blank, inside a <template> that the
//     browser clones for rows that come later.
//   - The HTML has no inline script, no event handler attribute and no style
//     attribute, so that a Content-Security-Policy without 'unsafe-inline'
//     holds. Values that vary (hues, fill of a bar) are data attributes with
//     rules in the style sheets.
//   - Names and owners are hostile text. They are escaped by templ, and what
//     cannot be seen (control, bidi and zero-width characters, bytes that are
//     not UTF-8) is written out by Visible.
//
// The words and numbers made by format.go, nodes.go and visible.go are made again
// in static/js/format.js, node.js and visible.js: change both together.
package views
