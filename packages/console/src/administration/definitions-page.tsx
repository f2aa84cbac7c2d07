/**
 * The stores: what there is, and the way to a new one.
 */
import AddIcon from "@mui/icons-material/Add";
import {
  Alert,
  Box,
  Button,
  Chip,
  Paper,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableRow,
} from "@mui/material";
import { Title, useTranslate } from "react-admin";
import { Link, useNavigate } from "react-router-dom";
import { wideOnly } from "../layout/wide-only.ts";
import { problemText } from "../problem-text.ts";
import { useStores } from "../stores.ts";
import { useRight } from "../use-right.ts";

export default function DefinitionsPage() {
  const translate = useTranslate();
  const navigate = useNavigate();
  const stores = useStores();
  const create = useRight("POST", ["stores"]);
  return (
    <Paper sx={{ mt: 1, p: 2, overflow: "auto" }}>
      <Title title="stoa.menu.definitions" />
      <Box sx={{ textAlign: "right" }}>
        <Button
          variant="contained"
          startIcon={<AddIcon />}
          component={Link}
          to="/new-store"
          disabled={!create.isAllowed}
          title={create.reason}
        >
          {translate("stoa.definition.create")}
        </Button>
      </Box>
      {stores.error && <Alert severity="error">{problemText(stores.error, translate)}</Alert>}
      <Table>
        <TableHead>
          <TableRow>
            <TableCell>{translate("stoa.definition.name")}</TableCell>
            <TableCell>{translate("stoa.definition.title")}</TableCell>
            <TableCell sx={wideOnly}>{translate("stoa.definition.indexes")}</TableCell>
            <TableCell sx={wideOnly}>{translate("stoa.definition.schema")}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {stores.data?.map(({ _id, name, title, indexes = [], schema }) => (
            <TableRow
              key={_id}
              hover
              onClick={() => navigate(`/definitions/${name}`)}
              sx={{ cursor: "pointer" }}
            >
              <TableCell component="th" scope="row">
                <Link to={`/definitions/${name}`}>{name}</Link>
              </TableCell>
              <TableCell>{title}</TableCell>
              <TableCell sx={wideOnly}>
                {indexes.map((paths) => (
                  <Chip
                    key={paths.join()}
                    size="small"
                    label={paths.join(" + ")}
                    sx={{ m: 0.25 }}
                  />
                ))}
              </TableCell>
              <TableCell sx={wideOnly}>
                {translate(schema ? "stoa.definition.described" : "stoa.definition.free")}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Paper>
  );
}
