/**
 * Why somebody may, or may not: each verb with the rules that gave it or that were missing.
 */
import NoIcon from "@mui/icons-material/BlockOutlined";
import YesIcon from "@mui/icons-material/CheckCircleOutlined";
import { Table, TableBody, TableCell, TableRow, Typography } from "@mui/material";
import type { Explanation as Words } from "@stoa/domain";
import { useTranslate } from "react-admin";
import { PrincipalName } from "../principal-name.tsx";

interface Explained {
  readonly explanation: Words;
  /** Of whom it tells; else of whoever asks. */
  readonly name?: string | undefined;
}

export function Explanation({ explanation, name }: Explained) {
  const translate = useTranslate();
  const { visible, verbs } = explanation;
  const word = name === undefined ? "youSee" : visible ? "sees" : "seesNot";
  return (
    <>
      <Typography>{translate(`stoa.access.${word}`, { name })}</Typography>
      <Table size="small">
        <TableBody>
          {Object.entries(verbs).map(([verb, { allowed, because }]) => (
            <TableRow key={verb}>
              <TableCell component="th" scope="row" sx={{ whiteSpace: "nowrap" }}>
                {allowed ? (
                  <YesIcon color="success" titleAccess={translate("stoa.access.yes")} />
                ) : (
                  <NoIcon color="disabled" titleAccess={translate("stoa.access.no")} />
                )}{" "}
                {translate(`stoa.access.verb.${verb}`)}
              </TableCell>
              <TableCell>
                {because.map(({ rule, id, credential }) => (
                  <Typography key={rule + (id ?? credential ?? "")} variant="body2">
                    {translate(`stoa.access.${allowed ? "rule" : "lack"}.${rule}`)}{" "}
                    {id && <PrincipalName id={id} />}
                    {credential && <code>{credential}</code>}
                  </Typography>
                ))}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </>
  );
}
