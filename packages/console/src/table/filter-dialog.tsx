/**
 * Where an expression of the filter language is written: marks at what is wrong, names while one
 * types, and examples to begin with.
 */
import { autocompletion } from "@codemirror/autocomplete";
import { type Diagnostic, linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import {
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  List,
  ListItemButton,
  ListItemText,
  Typography,
} from "@mui/material";
import { useMemo, useState } from "react";
import { useTranslate } from "react-admin";
import { JsonEditor, jsonMarks } from "../entity/json-editor.tsx";
import { rangeOf } from "../entity/json-position.ts";
import { ruleText, type Translate } from "../problem-text.ts";
import type { Column } from "./columns.ts";
import { filterExamples, filterFault, filterNames } from "./filter-writing.ts";

interface FilterDialogProps {
  readonly columns: readonly Column[];
  readonly filter: string;
  readonly onFilter: (text: string) => void;
  readonly onClose: () => void;
}

export default function FilterDialog({ columns, filter, onFilter, onClose }: FilterDialogProps) {
  const translate = useTranslate();
  const [text, setText] = useState(filter);
  const paths = JSON.stringify(columns);
  const checks = useMemo(
    () => writing(JSON.parse(paths) as Column[], translate),
    [paths, translate],
  );
  const isEmpty = text.trim() === "";
  const fault = isEmpty ? null : filterFault(text);
  const apply = () => {
    onFilter(text.trim());
    onClose();
  };
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm">
      <DialogTitle>{translate("stoa.filter.title")}</DialogTitle>
      <DialogContent>
        <Typography variant="body2" color="textSecondary" sx={{ mb: 1 }}>
          {translate("stoa.filter.about")}
        </Typography>
        <JsonEditor
          label={translate("stoa.filter.title")}
          text={text}
          checks={checks}
          onChange={setText}
        />
        <Typography role="status" color="error" variant="caption" sx={{ minHeight: 20 }} noWrap>
          {fault ? ruleText(fault.violation, translate) : ""}
        </Typography>
        <Examples columns={columns} onPick={setText} />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{translate("stoa.action.cancel")}</Button>
        <Button variant="contained" disabled={fault !== null} onClick={apply}>
          {translate("stoa.filter.apply")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}

interface ExamplesProps {
  readonly columns: readonly Column[];
  readonly onPick: (text: string) => void;
}

function Examples({ columns, onPick }: ExamplesProps) {
  const translate = useTranslate();
  const heading = translate("stoa.filter.examples");
  return (
    <Box component="section" aria-label={heading}>
      <Typography component="h3" variant="subtitle2">
        {heading}
      </Typography>
      <List dense disablePadding component="div">
        {filterExamples(columns).map(({ name, text }) => (
          <ListItemButton key={name} onClick={() => onPick(text)} sx={{ px: 1, borderRadius: 1 }}>
            <ListItemText
              primary={text}
              secondary={translate(`stoa.filter.example.${name}`)}
              slotProps={{ primary: { sx: { fontFamily: "monospace", fontSize: 12.5 } } }}
            />
          </ListItemButton>
        ))}
      </List>
    </Box>
  );
}

function writing(columns: readonly Column[], translate: Translate): Extension {
  return [
    linter((editor) => marks(editor, translate)),
    autocompletion({
      override: [
        (context) => {
          const word = context.matchBefore(/"?[^",[\]{}]*/);
          if (!word) return null;
          const names = filterNames(context.state.sliceDoc(0, context.pos), columns);
          // The quote that the editor closes by itself is part of the name.
          const isClosed = context.state.sliceDoc(context.pos, context.pos + 1) === '"';
          const to = context.pos + (isClosed ? 1 : 0);
          const options = names.map((label) => ({ label, type: "keyword" }));
          return options.length > 0 ? { from: word.from, to, options } : null;
        },
      ],
    }),
  ];
}

function marks(editor: EditorView, translate: Translate): Diagnostic[] {
  const text = editor.state.doc.toString();
  if (text.trim() === "") return [];
  const broken = jsonMarks(editor, translate);
  if (broken.length > 0) return broken;
  const fault = filterFault(text);
  if (fault === null) return [];
  const message = ruleText(fault.violation, translate);
  return [{ ...rangeOf(editor.state, fault.steps), severity: "error", message }];
}
