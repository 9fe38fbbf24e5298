import type { Field } from "./schema";

/** Format of links; another number means that settings changed their meaning. */
export const VERSION = 1;

type AnySchema = Readonly<Record<string, Field<unknown>>>;

/** A link that cannot be followed; the message is for the reader. */
export class LinkError extends Error {
  override name = "LinkError";
}

/** FNV-1a, 32 bits: tells a link that was cut off or changed on its way. */
function checksum(text: string): string {
  let h = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
  return (h >>> 0).toString(36);
}

/** The part of a link behind #: version, tab, settings, checksum. */
export function encode(tab: string, schema: AnySchema, settings: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams({ v: String(VERSION), tab });
  for (const [name, field] of Object.entries(schema)) params.set(name, field.write(settings[name]));
  const body = params.toString();
  return `${body}&sum=${checksum(body)}`;
}

/** Throws LinkError. `schemas` are the settings of each tab. */
export function decode(hash: string, schemas: Readonly<Record<string, AnySchema>>): { tab: string; settings: Record<string, unknown> } {
  const text = hash.replace(/^#/, "");
  const version = new URLSearchParams(text).get("v");
  if (version !== null && /^\d+$/.test(version) && Number(version) !== VERSION)
    throw new LinkError(`It is of version ${version}, this playground reads version ${VERSION}.`);
  const cut = text.lastIndexOf("&sum=");
  if (cut < 0) throw new LinkError("Its end is missing.");
  const body = text.slice(0, cut);
  if (checksum(body) !== text.slice(cut + 5)) throw new LinkError("It was cut off or changed on its way.");
  const params = new URLSearchParams(body);
  const tab = params.get("tab") ?? "";
  const schema = Object.hasOwn(schemas, tab) ? schemas[tab]! : undefined;
  if (schema === undefined) throw new LinkError(`There is no tab "${tab}".`);
  const settings: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema)) {
    const value = params.get(name);
    if (value === null) throw new LinkError(`The setting "${name}" is missing.`);
    try {
      settings[name] = field.read(value);
    } catch (error) {
      throw new LinkError(`The setting "${name}": ${(error as Error).message}.`);
    }
  }
  return { tab, settings };
}
