export interface Logo {
  readonly type: "png" | "svg";
  readonly bytes: Uint8Array;
}

const DATA_URL = /^data:image\/(png|svg\+xml);base64,([A-Za-z0-9+/]+=*)$/;
const PNG_SIGNATURE = "89504e470d0a1a0a";
/** A quarter of a megabyte, as the issuer's configuration allows. */
const LARGEST = 256 * 1024;

/** A logo that can be shown; null: the name is set in type. */
export function logoOf(dataUrl: string | null): Logo | null {
  const [, mime, base64] = (dataUrl !== null && DATA_URL.exec(dataUrl)) || [];
  if (base64 === undefined || base64.length > LARGEST * 1.34) return null;
  const bytes = Buffer.from(base64, "base64");
  if (mime === "png") return bytes.toString("hex", 0, 8) === PNG_SIGNATURE ? { type: "png", bytes } : null;
  return bytes.includes("<svg") ? { type: "svg", bytes } : null;
}
