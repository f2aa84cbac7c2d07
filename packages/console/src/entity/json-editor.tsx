/**
 * An editor of JSON: colours, folding, completion and marks by a schema. Knows no entity.
 */
import { autocompletion, type CompletionContext } from "@codemirror/autocomplete";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { defaultHighlightStyle, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter, lintGutter } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { Box, useTheme } from "@mui/material";
import type { Json, JsonObject } from "@stoa/domain";
import { basicSetup } from "codemirror";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import { useTranslate } from "react-admin";
import type { Translate } from "../problem-text.ts";
import { englishEditor } from "../text/english-editor.ts";
import { placeAt, rangeOf } from "./json-position.ts";
import { faultsOf, schemaAt } from "./json-schema-at.ts";
import { isObject } from "./schema-field.ts";
import { changeTo } from "./text-change.ts";

interface JsonEditorProps {
  readonly label: string;
  readonly text: string;
  readonly schema?: JsonObject | null | undefined;
  readonly isLocked?: boolean;
  /** Marks and completion where they come from something else than a schema. */
  readonly checks?: Extension;
  readonly onChange: (text: string) => void;
}

export function JsonEditor(props: JsonEditorProps) {
  const { label, text, schema, isLocked = false, checks, onChange } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const { palette } = useTheme();
  const translate = useTranslate();
  const isDark = palette.mode === "dark";
  const accent = palette.primary.main;

  useLayoutEffect(() => {
    if (!place.current) return;
    const tell = EditorView.updateListener.of((update) => {
      if (update.docChanged) changed.current(update.state.doc.toString());
    });
    const locks = [EditorState.readOnly.of(isLocked), EditorView.editable.of(!isLocked)];
    const spoken = [labelled(label), EditorState.phrases.of(phrases(translate))];
    const extensions = [basicSetup, json(), tell, look(isDark, accent), spoken, locks];
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({ doc: "", extensions: [extensions, checking.of([])] }),
    });
    // A long line is scrolled to by the keyboard too.
    editor.scrollDOM.tabIndex = 0;
    editor.scrollDOM.role = "region";
    editor.scrollDOM.ariaLabel = label;
    view.current = editor;
    return () => editor.destroy();
  }, [isDark, accent, isLocked, label, translate]);

  useEffect(() => {
    const chosen = checks ?? schemaChecks(schema ?? {}, translate);
    view.current?.dispatch({ effects: checking.reconfigure(chosen) });
  }, [schema, checks, translate]);

  // Also after the editor was made anew for other colours. What is typed comes between no drawing
  // and its layout effects, so that nothing of it is taken for old.
  useLayoutEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: changeTo(editor.state.doc.toString(), text) });
  });

  /** What closes the list of names does not close what stands around. */
  const keep = (event: KeyboardEvent) => {
    if (event.key === "Escape" && event.isDefaultPrevented()) event.stopPropagation();
  };
  return (
    <Box ref={place} onKeyDown={keep} sx={{ border: 1, borderColor: "divider", borderRadius: 1 }} />
  );
}

const checking = new Compartment();

/** What the editor says by itself. */
function phrases(translate: Translate): Record<string, string> {
  const words = Object.keys(englishEditor);
  return Object.fromEntries(words.map((word) => [word, translate(`stoa.editor.${word}`)]));
}

function labelled(label: string): Extension {
  return EditorView.contentAttributes.of({ "aria-label": label });
}

function look(isDark: boolean, accent: string): Extension {
  const theme = EditorView.theme(
    {
      "&": { fontSize: "13px", maxHeight: "70vh" },
      ".cm-content": { minHeight: "72px" },
      "&.cm-focused": { outline: `2px solid ${accent}`, outlineOffset: "-1px" },
      ".cm-gutters": { backgroundColor: "transparent", border: "none" },
      ".cm-scroller": { fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
    },
    { dark: isDark },
  );
  const colours = isDark ? darkColours : defaultHighlightStyle;
  return [theme, syntaxHighlighting(colours)];
}

const darkColours = HighlightStyle.define([
  { tag: tags.propertyName, color: "#8cc8ff" },
  { tag: tags.string, color: "#c3e88d" },
  { tag: [tags.number, tags.bool, tags.null], color: "#f7b977" },
]);

function schemaChecks(schema: JsonObject, translate: Translate): Extension {
  return [
    lintGutter(),
    linter((editor) => marks(editor, schema, translate)),
    autocompletion({ override: [(context) => complete(context, schema)] }),
  ];
}

/** An empty text is not yet anything, and nothing is wrong with it. */
function marks(editor: EditorView, schema: JsonObject, translate: Translate): Diagnostic[] {
  if (editor.state.doc.toString().trim() === "") return [];
  return [...jsonMarks(editor, translate), ...schemaMarks(editor.state, schema, translate)];
}

/** Where the text is no JSON: the first place. */
export function jsonMarks(editor: EditorView, translate: Translate): Diagnostic[] {
  const message = translate("stoa.entity.notJson");
  return jsonParseLinter()(editor).map((mark) => ({ ...mark, message }));
}

function schemaMarks(state: EditorState, schema: JsonObject, translate: Translate): Diagnostic[] {
  let value: Json;
  try {
    value = JSON.parse(state.doc.toString()) as Json;
  } catch {
    return []; // the mark of what is no JSON stands already
  }
  return faultsOf(schema, value).map(({ path, rule, expected }) => ({
    ...rangeOf(state, path),
    severity: "error",
    message: translate(`stoa.code.${rule}`, { expected }),
  }));
}

/** Names of members and values of enumerations. */
function complete(context: CompletionContext, schema: JsonObject) {
  const word = context.matchBefore(/"?[\w-]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const { path, isKey } = placeAt(context.state, context.pos);
  const described = schemaAt(schema, path);
  const properties = described?.["properties"];
  if (isKey && isObject(properties)) {
    const options = Object.keys(properties).map((name) => ({
      label: JSON.stringify(name),
      type: "property",
      apply: `${JSON.stringify(name)}: `,
    }));
    return { from: word.from, options };
  }
  const choices = described?.["enum"];
  if (!Array.isArray(choices)) return null;
  const options = choices.map((one) => ({ label: JSON.stringify(one), type: "enum" }));
  return { from: word.from, options };
}
