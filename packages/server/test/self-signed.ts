/**
 * A certificate for tests, made on the spot: self-signed, for one host, for a day. Knows just as
 * much of X.509 (RFC 5280) as that takes.
 */
import { generateKeyPairSync, sign } from "node:crypto";

/** @param host its name: `"localhost"`. */
export function selfSigned(host = "localhost"): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(sequence, objectId("2a8648ce3d040302")); // ecdsa-with-SHA256
  const common = der(sequence, objectId("550403"), der(utf8String, Buffer.from(host)));
  const name = der(sequence, der(set, common));
  const dayMs = 24 * 60 * 60 * 1000;
  const validity = der(sequence, utcTime(Date.now() - dayMs), utcTime(Date.now() + dayMs));
  const serial = der(integer, Buffer.of(1));
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  const body = der(sequence, serial, algorithm, name, validity, name, keyInfo);
  const signature = der(bitString, Buffer.of(0), sign("sha256", body, privateKey));
  const text = der(sequence, body, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  };
}

const [integer, bitString, utf8String, sequence, set] = [0x02, 0x03, 0x0c, 0x30, 0x31] as const;

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

/** `191231235959Z` */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
