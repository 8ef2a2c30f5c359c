/**
 * The editor of a cell. It lives in a shadow root: there CodeMirror adopts its styles as a sheet object, which the
 * page's security policy allows. In the document itself it would write a style element, which the policy forbids.
 */

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, keymap, lineNumbers, type DecorationSet } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface EditorHandle {
  focus(): void;
  set(text: string): void;
  /** Marks a line, counted from 1, until the next change; 0 marks none. */
  mark(line: number): void;
}

export interface EditorActions {
  readonly label: string;
  changed(text: string): void;
  run(): void;
}

export type MountEditor = (host: HTMLElement, text: string, actions: EditorActions) => EditorHandle;

const markLine = StateEffect.define<number>();

const markedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let now = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(markLine)) continue;
      const { doc } = transaction.state;
      const known = effect.value > 0 && effect.value <= doc.lines;
      now = known
        ? Decoration.set(Decoration.line({ class: "marked" }).range(doc.line(effect.value).from))
        : Decoration.none;
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", fontSize: "inherit" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "3px" },
  ".cm-scroller": { fontFamily: "var(--monospace)", lineHeight: "inherit" },
  ".cm-content": { padding: "0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0" },
  ".cm-gutters": { color: "var(--muted)", backgroundColor: "var(--paper)", border: "0", paddingRight: "0.8rem" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0", minWidth: "1.2rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--hairline)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    background: "var(--faint)",
    outline: "1px solid var(--muted)",
  },
  ".marked": { background: "var(--faint)", boxShadow: "inset 2px 0 0 var(--alert)" },
});

/** As the listings are set: few distinctions, none by colour alone. */
const highlight = HighlightStyle.define([
  { tag: tags.keyword, fontWeight: "600" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: tags.string, color: "var(--muted)" },
]);

/**
 * Typing over a selection is done here: left to itself, a browser carries the look of what was there over to what is
 * typed, by a style attribute, which the page's policy forbids and reports.
 */
const typedOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.isComposing || !event.data || view.state.selection.main.empty) {
      return false;
    }
    event.preventDefault();
    const typed = view.state.replaceSelection(event.data);
    view.dispatch(view.state.update(typed, { userEvent: "input.type", scrollIntoView: true }));
    return true;
  },
});

const mount: MountEditor = (host, text, actions) => {
  const root = host.attachShadow({ mode: "open" });
  const run = { key: "Shift-Enter", run: () => (actions.run(), true) };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([run])),
        keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
        history(),
        lineNumbers(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        bracketMatching(),
        python(),
        syntaxHighlighting(highlight),
        markedLine,
        look,
        typedOverSelection,
        EditorView.contentAttributes.of({ "aria-label": actions.label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) actions.changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    set: (changed) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: changed } }),
    mark: (line) => view.dispatch({ effects: markLine.of(line) }),
  };
};

(globalThis as unknown as { book: Record<string, unknown> }).book["editor"] = mount;
