/** Who may do what: a key opens its tenant, the master key opens all. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Config } from "./config";
import { Problem } from "./problems";

/** Of equal length whatever the key's, and of no use outside this process. */
const salt = randomBytes(32);
const digest = (key: string) => createHmac("sha256", salt).update(key).digest();

/** Checks the header `authorization: Bearer KEY`. */
export function doorkeeper({ keys, masterKey }: Pick<Config, "keys" | "masterKey">): (tenant: string, header: string | undefined) => void {
  const digests = new Map([...keys].map(([tenant, key]) => [tenant, digest(key)]));
  const master = digest(masterKey ?? randomBytes(32).toString("hex"));
  const nobody = randomBytes(32);
  return (tenant, header) => {
    const given = digest(/^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? "")?.[1] ?? "");
    const own = timingSafeEqual(given, digests.get(tenant) ?? nobody);
    const isMaster = timingSafeEqual(given, master);
    // who has no key does not learn which tenants there are
    if (!own && !isMaster) throw new Problem("unauthorized", "send the header authorization: Bearer KEY, with the key of this tenant");
    if (!digests.has(tenant)) throw new Problem("not-found", "there is no such tenant");
  };
}
